// vus alone: shared iterations, as many as VUs.
// args: --vus 3
// compare: log stdout metrics
export default function () {}
