
let a = 1, b = a < 2 && c > 3;
if (a < b) c = d >> 1; else e = f >>> 2 >= 3
x = a ? b : c; y = a ? (b) : (c); z = { a: b, c: (d) }
x = a ? (b) : c => d
x = a ? (b, c) : d
x = a ? { b: (c) } : d ? (e) : f
for (let i = 0; i < n; i++) f(i < 1, j > 2);
for (const [k, v] of Object.entries(o)) { }
for (const k in o) if (k) continue
label: for (;;) { break label; }
switch (a) { case 'x': f(); break; case b ? 1 : 2: default: g() }
