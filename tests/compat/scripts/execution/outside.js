// What can't be asked in init code, in setup, in teardown.
import exec from 'k6/execution';
import { attempt } from '../lib.js';
const questions = {
  scenario: () => exec.scenario.name, vu: () => exec.vu.idInTest, iteration: () => exec.vu.iterationInScenario,
  options: () => typeof exec.test.options, tags: () => typeof exec.vu.tags,
};
function ask(stage) { for (const name in questions) attempt(`${stage} ${name}`, questions[name]); }
if (__VU === 1) ask('init');
export function setup() { ask('setup'); }
export default function () {}
export function teardown() { ask('teardown'); }
