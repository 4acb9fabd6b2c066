// What the scripts of this suite share: printing that does not depend on the order of keys.

function sorted(key, value) {
  if (value === undefined) {
    return '(undefined)';
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return value;
  }
  const copy = {};
  Object.keys(value).sort().forEach((name) => { copy[name] = value[name]; });
  return copy;
}

// text of any value, keys sorted
export function text(value) {
  return value === undefined ? 'undefined' : JSON.stringify(value, sorted);
}

// one log line of all arguments; strings as they are
export function show(...values) {
  console.log(values.map((value) => (typeof value === 'string' ? value : text(value))).join(' '));
}

// prints what fn returns, or what it throws
export function attempt(label, fn) {
  let value;
  try {
    value = fn();
  } catch (error) {
    console.log(`${label} threw ${error}`);
    return;
  }
  show(label, value);
}

// prints only which kind of error fn throws: its text belongs to the JavaScript engine
export function kind(label, fn) {
  try {
    show(label, fn());
  } catch (error) {
    console.log(`${label} threw a ${error.name}`);
  }
}

// whether a measured number is about what it should be; the number itself if not
export function near(value, want, tolerance) {
  return Math.abs(value - want) <= tolerance ? 'as expected' : `${value}, should be ${want} ± ${tolerance}`;
}

// whether a measured time in ms is about what it should be: a loaded machine makes it longer, never shorter
export function about(value, want, early) {
  const LATE_MS = 5000;
  return value >= want - early && value <= want + LATE_MS ? 'as expected' : `${value}, should be ${want} − ${early} … + ${LATE_MS}`;
}
