/* k6/crypto: sums that k6 printed, and its refusals. */
#include "script/js/module_test_priv.h"

extern const struct module_row module_k6_crypto;

static const struct module_test_row rows[] = {
    {"c.md4('hello world', 'hex')", "aa010fbc1d14c795d86ef98c95479d17"},
    {"c.md5('hello world', 'hex')", "5eb63bbbe01eeed093cb22bb8f5acdc3"},
    {"c.sha1('hello world', 'hex')", "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed"},
    {"c.sha256('hello world', 'hex')", "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"},
    {"c.sha384('', 'base64')", "OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb"},
    {"c.sha512('', 'base64')", "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="},
    {"c.sha512_224('hello world', 'hex')", "22e0d52336f64a998085078b05a6e37b26f8120f43bf4db4c43a64ee"},
    {"c.sha512_256('hello world', 'hex')", "0ac561fac838104e3f2e4ad107b4bee3e938bf15f2b15f009ccccd61a913f017"},
    {"c.ripemd160('hello world', 'hex')", "98c615784ccb5fe5936fbc0cbe9dfdb408d92f0f"},
    {"c.sha256('größe', 'base64url')", "01OiZxtnr_8JQa5Fblx26TlL1leXdK51QqYYX7mEM4Q="},
    {"c.sha256('größe', 'base64rawurl')", "01OiZxtnr_8JQa5Fblx26TlL1leXdK51QqYYX7mEM4Q"},
    {"new Uint8Array(c.md5('x', 'binary')).join()", "157,212,228,97,38,140,128,52,245,200,86,78,21,92,103,166"},
    {"c.sha1(new Uint8Array([1, 2, 3]).buffer, 'hex')", "7037807198c22a7d2b0807371d763779a84fdfcf"},
    {"c.md5('x', 'nope')", "GoError: invalid output encoding: nope"},
    {"c.md5('x')", "GoError: invalid output encoding: "},
    {"c.md5(5, 'hex')", "GoError: md5 failed: invalid type int64, expected string, []byte or ArrayBuffer"},
    {"c.hmac('md4', 'secret', 'data', 'hex')", "1215dd091d66b3988c02b42529708dad"},
    {"c.hmac('sha256', 'secret', 'data', 'hex')", "1b2c16b75bd2a870c114153ccda5bcfca63314bc722fa160d690de133ccbb9db"},
    {"c.hmac('sha512_224', 'secret', 'data', 'hex')", "c1449cc9c8cc68466aa13a854b5ef23ab52eddb2f67b7beca8dbd4c0"},
    {"c.hmac('ripemd160', 'secret', 'data', 'hex')", "447959aff1f5c5be6d90df77497e8b71547b8c8c"},
    {"c.hmac('sha1', 'k'.repeat(200), 'd', 'hex') === c.hmac('sha1', c.sha1('k'.repeat(200), 'binary'), 'd', 'hex')", "true"},
    {"c.hmac('nope', 'k', 'd', 'hex')", "GoError: invalid algorithm: nope"},
    {"c.hmac('md5', 5, 'd', 'hex')", "GoError: invalid type int64, expected string, []byte or ArrayBuffer"},
    {"h = c.createHash('md5'); h.update('a'); [h.digest('hex'), h.digest('hex'), h.update('b'), h.digest('hex')].join()",
     "0cc175b9c0f1b6a831c399e269772661,0cc175b9c0f1b6a831c399e269772661,,187ef4436122d1cc2f40dc2b92f0eba0"},
    {"m = c.createHMAC('sha256', 'key'); m.update('a'); m.update(new Uint8Array([98])); m.digest('base64')",
     "XBwMlIy+9a19GR5G5ZAfoDlfhfaU+kYz9mWhpjcBe2U="},
    {"c.createHash('nope')", "GoError: invalid algorithm: nope"},
    {"c.createHMAC('md5')", "GoError: invalid type <nil>, expected string, []byte or ArrayBuffer"},
    {"c.createHash('md5').update(4)", "GoError: invalid type int64, expected string, []byte or ArrayBuffer"},
    {"c.createHash('md5').update.call({}, 'x')", "TypeError: not a hasher"},
    {"c.hexEncode('é')", "c3a9"},
    {"c.hexEncode(new Uint8Array([1, 171, 255]).buffer)", "01abff"},
    {"c.hexEncode()", "GoError: invalid type <nil>, expected string, []byte or ArrayBuffer"},
    {"c.randomBytes(16).byteLength", "16"},
    {"c.hexEncode(c.randomBytes(16)) === c.hexEncode(c.randomBytes(16))", "false"},
    {"c.randomBytes(0)", "GoError: invalid size"},
    {"c.randomBytes(-1)", "GoError: invalid size"},
};

static void sums_as_in_k6(void **state) {
    struct module_test t;
    (void)state;

    module_test_init(&t, NULL);
    module_test_add(&t, "c", &module_k6_crypto);
    module_test_rows(&t, rows, sizeof rows / sizeof *rows);
    module_test_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums_as_in_k6)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
