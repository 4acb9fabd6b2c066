/* crypto: sums, ciphers and refusals that k6 showed; every kind of key there and back. */
#include "script/js/module_test_priv.h"

extern int webcrypto_globals(JSContext *ctx, JSValueConst global);

static const char prelude[] =
    "var s = crypto.subtle, hex = (x) => Array.from(new Uint8Array(x)).map((v) => v.toString(16).padStart(2, '0')).join(''),"
    "  b = (n, f = 0) => new Uint8Array(n).map((_, i) => i + f),"
    "  aes = (mode, usages, size = 16, from = 0) => s.importKey('raw', b(size, from), mode, true, usages),"
    "  rsa = (name, usages) => s.generateKey({name, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256'}, true, usages),"
    "  again = async (format, pair, algorithm, usages, half) => s.importKey(format, await s.exportKey(format, pair[half]), algorithm, true, usages)";

#define ASYNC(code) "(async () => { " code " })()"
static const struct module_test_row rows[] = {
    {"crypto === crypto && Object.keys(crypto).join()", "getRandomValues,randomUUID,subtle"},
    {"a = new Uint32Array(4); crypto.getRandomValues(a) === a && a.some((n) => n > 0)", "true"},
    {"/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())", "true"},
    {"crypto.getRandomValues(5)", "GoError: TypeMismatchError: typedArray parameter isn't a TypedArray instance"},
    {"crypto.getRandomValues(new Float32Array(1))", "GoError: TypeMismatchError: typedArray parameter isn't a TypedArray instance"},
    {"crypto.getRandomValues(new Uint8Array(70000))", "GoError: QuotaExceededError: typedArray parameter is too big; maximum length is 65536"},
    {"s.wrapKey()", "GoError: not implemented"},

    {ASYNC("return hex(await s.digest('SHA-1', b(0)))"), "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {ASYNC("return hex(await s.digest({name: 'sha-256'}, new Uint8Array([104, 105]).buffer))"), "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"},
    {ASYNC("return hex(await s.digest('SHA-512', new Uint8Array([104, 105]))).length"), "128"},
    {ASYNC("await s.digest('nope', b(1))"), "NotSupportedError: algorithm \"NOPE\" doesn't support (in implementation) operation \"digest\""},
    {ASYNC("await s.digest('SHA-1', 'text')"), "TypeError: data must be an ArrayBuffer, TypedArray, or DataView"},

    {ASYNC("m = await s.importKey('raw', b(16), {name: 'HMAC', hash: 'SHA-256'}, true, ['sign', 'verify']); g = await s.sign('HMAC', m, b(5));"
           "return hex(g) + await s.verify('HMAC', m, g, b(5)) + await s.verify('HMAC', m, g, b(6)) + m.type + m.extractable"),
     "2de4a42eeeecb39c9cb2c943602136d622da188eaa042644c2dcd574ea93a26etruefalsesecrettrue"},
    {ASYNC("return JSON.stringify(m)"),
     "{\"type\":\"secret\",\"extractable\":true,\"algorithm\":{\"name\":\"HMAC\",\"hash\":{\"name\":\"SHA-256\"},\"length\":128},\"usages\":[\"sign\",\"verify\"]}"},
    {ASYNC("return JSON.stringify(await s.exportKey('jwk', m))"),
     "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\",\"alg\":\"HS256\",\"ext\":true,\"key_ops\":[\"sign\",\"verify\"]}"},
    {ASYNC("return (await s.generateKey({name: 'HMAC', hash: 'SHA-256'}, true, ['sign'])).algorithm.length"), "512"},
    {ASYNC("return (await s.importKey('jwk', {kty: 'oct', k: 'AAAA'}, {name: 'HMAC', hash: {name: 'SHA-256'}}, true, ['sign'])).algorithm.length"), "24"},
    {ASYNC("await s.importKey('raw', b(16), {name: 'HMAC'}, true, ['sign'])"), "SyntaxError: could not get hash from algorithm parameter"},
    {ASYNC("await s.importKey('raw', b(0), {name: 'HMAC', hash: 'SHA-1'}, true, ['sign'])"), "DataError: key length cannot be 0"},
    {ASYNC("await s.sign('HMAC', 5, b(1))"), "InvalidAccessError: key argument does hold not a valid CryptoKey object"},

    {ASYNC("k = await aes('AES-CBC', ['encrypt', 'decrypt'], 16, 7); c = await s.encrypt({name: 'AES-CBC', iv: b(16)}, k, b(20));"
           "return hex(c) + ' ' + hex(await s.decrypt({name: 'AES-CBC', iv: b(16)}, k, c)) + ' ' + hex(await s.exportKey('raw', k))"),
     "10c68f57a9632afc87a0a4032e84246118110013be68867bfe0e034458a5eb6e 000102030405060708090a0b0c0d0e0f10111213 0708090a0b0c0d0e0f10111213141516"},
    {ASYNC("k = await aes('AES-GCM', ['encrypt', 'decrypt'], 16, 7); c = await s.encrypt({name: 'AES-GCM', iv: b(12)}, k, b(20));"
           "return hex(c) + ' ' + hex(await s.decrypt({name: 'AES-GCM', iv: b(12)}, k, c)).length"),
     "a35d26d0ec0003dfc1d58c17a2b5f41242c3f41b9987066a66f97926b632043a0b95aa85 40"},
    {ASYNC("k = await aes('AES-CTR', ['encrypt', 'decrypt'], 16, 7); c = await s.encrypt({name: 'AES-CTR', counter: b(16), length: 64}, k, b(20));"
           "return hex(c) + ' ' + hex(await s.decrypt({name: 'AES-CTR', counter: b(16), length: 64}, k, c)).length"),
     "08fa2200b2955a7fc57800230e7ccb2aa5f0e009 40"},
    {ASYNC("return hex(await s.encrypt({name: 'AES-CTR', counter: b(16, 240), length: 4}, await aes('AES-CTR', ['encrypt']), b(64))).slice(0, 40)"),
     "66a6c5eb3057374f9f58d40c3f1ba3a2a290c513"},
    {ASYNC("return hex(await s.encrypt({name: 'AES-GCM', iv: b(12), additionalData: b(3), tagLength: 96}, await aes('AES-GCM', ['encrypt'], 32), b(5)))"),
     "4703d418c15fb753ee2b517cc46d030177"},
    {ASYNC("return hex(await s.decrypt({name: 'AES-GCM', iv: b(12)}, await aes('AES-GCM', ['encrypt', 'decrypt']), await s.encrypt({name: 'AES-GCM', "
           "iv: b(12)}, await aes('AES-GCM', ['encrypt']), b(0)))) === ''"), "true"},
    {ASYNC("await s.decrypt({name: 'AES-GCM', iv: b(12)}, await aes('AES-GCM', ['decrypt']), b(20))"), "OperationError: could not decrypt ciphertext"},
    {ASYNC("await s.decrypt({name: 'AES-GCM', iv: b(12)}, await aes('AES-GCM', ['decrypt']), b(3))"), "OperationError: could not decrypt ciphertext"},
    {ASYNC("await s.decrypt({name: 'AES-CBC', iv: b(16)}, await aes('AES-CBC', ['decrypt']), b(16))"), "OperationError: invalid padding"},
    {ASYNC("await s.encrypt({name: 'AES-GCM', iv: b(12), tagLength: 95}, await aes('AES-GCM', ['encrypt']), b(5))"),
     "OperationError: invalid tag length, should be one of 96, 104, 112, 120, 128"},
    {ASYNC("await s.encrypt({name: 'AES-GCM', iv: b(16)}, await aes('AES-GCM', ['encrypt']), b(5))"), "NotSupportedError: only 12 bytes long iv are supported"},
    {ASYNC("await s.encrypt({name: 'AES-CBC'}, await aes('AES-CBC', ['encrypt']), b(5))"), "OperationError: iv length is not 16 bytes"},
    {ASYNC("await s.encrypt({name: 'AES-CTR', counter: b(15), length: 64}, await aes('AES-CTR', ['encrypt']), b(5))"), "OperationError: counter length is not 16 bytes"},
    {ASYNC("await s.encrypt({name: 'AES-CBC', iv: b(16)}, await aes('AES-CBC', ['decrypt']), b(5))"),
     "InvalidAccessError: encrypt's key does not contain the 'encrypt' usage"},
    {ASYNC("await s.encrypt({name: 'AES-GCM', iv: b(16)}, await aes('AES-CBC', ['encrypt']), b(5))"),
     "InvalidAccessError: encrypt algorithm name does not match key algorithm name"},
    {ASYNC("await s.exportKey('raw', await s.importKey('raw', b(16), 'AES-CBC', false, ['encrypt']))"), "InvalidAccessError: the key is not extractable"},
    {ASYNC("await s.exportKey('spki', await aes('AES-CBC', ['encrypt']))"), "NotSupportedError: unsupported key format spki"},
    {ASYNC("await aes('AES-CBC', ['encrypt'], 15)"), "DataError: invalid key length 15 bytes"},
    {ASYNC("await aes('AES-CBC', ['sign'])"), "SyntaxError: invalid key usage: sign"},
    {ASYNC("await aes('AES-CBC', [])"), "SyntaxError: usages cannot not be empty for a secret or private CryptoKey"},
    {ASYNC("await aes('NOPE', ['encrypt'])"), "NotSupportedError: algorithm \"NOPE\" doesn't support (in implementation) operation \"importKey\""},
    {ASYNC("await s.importKey('spki', b(16), 'AES-CBC', true, ['encrypt'])"), "NotSupportedError: unsupported key format spki"},
    {ASYNC("await s.importKey('xxx', b(16), 'AES-CBC', true, ['encrypt'])"), "ImplementationError: unsupported format xxx"},
    {ASYNC("await s.importKey('jwk', {kty: 'RSA', k: 'AAAA'}, 'AES-CBC', true, ['encrypt'])"), "DataError: invalid symmetric JWK: invalid key type: RSA"},
    {ASYNC("await s.generateKey({name: 'AES-CBC', length: 100}, true, ['encrypt'])"), "OperationError: invalid key length"},
    {ASYNC("return (await s.exportKey('raw', await s.generateKey({name: 'AES-CTR', length: 256}, true, ['encrypt']))).byteLength"), "32"},

    {ASYNC("p = await s.importKey('raw', b(8), 'PBKDF2', false, ['deriveBits', 'deriveKey']); f = {name: 'PBKDF2', hash: 'SHA-256', salt: b(16), iterations: 10};"
           "return hex(await s.deriveBits(f, p, 256))"), "c390c2d75e75eb7af7f589356edff9aa21f2e9d1a4d87071bbac2b4c935f292b"},
    {ASYNC("return hex(await s.exportKey('raw', await s.deriveKey(f, p, {name: 'AES-GCM', length: 128}, true, ['encrypt'])))"), "c390c2d75e75eb7af7f589356edff9aa"},
    {ASYNC("return (await s.deriveKey(f, p, {name: 'HMAC', hash: 'SHA-1'}, true, ['sign'])).algorithm.length"), "512"},
    {ASYNC("await s.deriveBits({name: 'PBKDF2', hash: 'SHA-256', salt: b(1), iterations: 0}, p, 256)"), "OperationError: invalid iterations"},

    {ASYNC("e = await s.generateKey({name: 'ECDSA', namedCurve: 'P-256'}, true, ['sign', 'verify']); d = {name: 'ECDSA', hash: 'SHA-256'};"
           "g = await s.sign(d, e.privateKey, b(9)); return [g.byteLength, await s.verify(d, e.publicKey, g, b(9)), await s.verify(d, e.publicKey, g, b(8)), "
           "await s.verify(d, e.publicKey, b(3), b(9)), e.publicKey.usages, e.privateKey.usages, e.privateKey.algorithm.namedCurve].join()"),
     "64,true,false,false,verify,sign,P-256"},
    {ASYNC("const out = []; for (const format of ['raw', 'spki', 'jwk']) out.push(await s.verify(d, await again(format, e, {name: 'ECDSA', namedCurve: 'P-256'}, "
           "['verify'], 'publicKey'), g, b(9))); return out.join()"), "true,true,true"},
    {ASYNC("const out = []; for (const format of ['pkcs8', 'jwk']) out.push(await s.verify(d, e.publicKey, await s.sign(d, await again(format, e, {name: 'ECDSA', "
           "namedCurve: 'P-256'}, ['sign'], 'privateKey'), b(9)), b(9))); return out.join()"), "true,true"},
    {ASYNC("return Object.keys(await s.exportKey('jwk', e.privateKey)).join() + (await s.exportKey('raw', e.publicKey)).byteLength"), "kty,crv,x,y,d65"},
    {ASYNC("await s.importKey('raw', b(65), {name: 'ECDSA', namedCurve: 'P-256'}, true, ['verify'])"), "DataError: the data is no ECDSA key in format raw"},
    {ASYNC("await again('spki', e, {name: 'ECDSA', namedCurve: 'P-384'}, ['verify'], 'publicKey')"), "DataError: the data is no ECDSA key in format spki"},
    {ASYNC("await s.generateKey({name: 'ECDSA', namedCurve: 'P-9'}, true, ['sign'])"), "NotSupportedError: elliptic curve P-9 is not supported"},
    {ASYNC("await s.exportKey('pkcs8', e.publicKey)"), "InvalidAccessError: key is not a valid elliptic curve or RSA private key"},

    {ASYNC("const gen = () => s.generateKey({name: 'ECDH', namedCurve: 'P-521'}, true, ['deriveBits']), x = await gen(), y = await gen();"
           "const one = await s.deriveBits({name: 'ECDH', public: y.publicKey}, x.privateKey, 528), two = await s.deriveBits({name: 'ECDH', public: x.publicKey}, y.privateKey, null);"
           "return [one.byteLength, hex(one) === hex(two), (await s.deriveBits({name: 'ECDH', public: y.publicKey}, x.privateKey, 128)).byteLength, x.publicKey.usages.length].join()"),
     "66,true,16,0"},
    {ASYNC("const x = await s.generateKey({name: 'ECDH', namedCurve: 'P-256'}, true, ['deriveBits']); await s.deriveBits({name: 'ECDH', public: 1}, x.privateKey, 256)"),
     "TypeError: algorithm's public is not a valid CryptoKey"},

    {ASYNC("o = await rsa('RSA-OAEP', ['encrypt', 'decrypt']); const l = {name: 'RSA-OAEP', label: b(3)}, c = await s.encrypt(l, o.publicKey, b(20));"
           "return [c.byteLength, hex(await s.decrypt(l, o.privateKey, c)) === hex(b(20)), o.privateKey.usages, o.publicKey.algorithm.modulusLength].join()"),
     "128,true,decrypt,1024"},
    {ASYNC("await s.decrypt({name: 'RSA-OAEP'}, o.privateKey, b(128))"), "OperationError: could not decrypt"},
    {ASYNC("const out = []; for (const name of ['RSA-PSS', 'RSASSA-PKCS1-v1_5']) { const k = await rsa(name, ['sign', 'verify']), a = {name, saltLength: 32}, "
           "i = {name, hash: 'SHA-256'}; for (const format of ['pkcs8', 'jwk']) { const g = await s.sign(a, await again(format, k, i, ['sign'], 'privateKey'), b(9)); "
           "for (const p of ['spki', 'jwk']) out.push(await s.verify(a, await again(p, k, i, ['verify'], 'publicKey'), g, b(9))); "
           "out.push(await s.verify(a, k.publicKey, g, b(8))); } } return out.join()"),
     "true,true,false,true,true,false,true,true,false,true,true,false"},
    {ASYNC("return Object.keys(await s.exportKey('jwk', o.privateKey)).sort().join() + (await s.exportKey('jwk', o.publicKey)).e"), "d,dp,dq,e,kty,n,p,q,qiAQAB"},
    {ASYNC("await s.importKey('jwk', {kty: 'RSA', n: 'AAAA'}, {name: 'RSA-PSS', hash: 'SHA-1'}, true, ['verify'])"), "DataError: invalid RSA JWK: e is missing"},
    {ASYNC("await s.generateKey({name: 'RSA-PSS', modulusLength: 5, publicExponent: b(1), hash: 'SHA-1'}, true, ['sign'])"),
     "OperationError: invalid modulusLength or publicExponent"},
    {"crypto = 5; crypto", "5"},
};

static void as_in_k6(void **state) {
    struct module_test t;
    (void)state;

    module_test_init(&t, NULL);
    JSValue global = JS_GetGlobalObject(t.ctx);
    assert_int_equal(webcrypto_globals(t.ctx, global), 0);
    JS_FreeValue(t.ctx, global);
    free(module_test_eval(&t, prelude));
    module_test_rows(&t, rows, sizeof rows / sizeof *rows);
    module_test_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_in_k6)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
