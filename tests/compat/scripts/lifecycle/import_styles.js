// Built-in modules: default, named and namespace imports.
import http, { get, CookieJar } from 'k6/http';
import * as everything from 'k6/http';
import k6, { check, group, sleep, fail, randomSeed } from 'k6';
import metrics, { Counter } from 'k6/metrics';
import exec, { vu, scenario, test, instance } from 'k6/execution';
import encoding, { b64encode } from 'k6/encoding';
import crypto, { sha256 } from 'k6/crypto';
import data, { SharedArray } from 'k6/data';
import html, { parseHTML } from 'k6/html';
import timers, { setTimeout as st } from 'k6/timers';
import { show } from '../lib.js';
export default function () {
  show([http.get, get, CookieJar, everything.get, k6.check, check, group, sleep, fail, randomSeed].map((f) => typeof f));
  show([metrics.Counter, Counter, exec.vu, vu, scenario, test, instance, encoding.b64encode, b64encode].map((f) => typeof f));
  show([crypto.sha256, sha256, data.SharedArray, SharedArray, html.parseHTML, parseHTML, timers.setTimeout, st].map((f) => typeof f));
  show(http.get === get);
}
