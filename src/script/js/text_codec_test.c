/* TextEncoder and TextDecoder. */
#include "script/js/module_test_priv.h"

extern int text_codec_globals(JSContext *ctx, JSValueConst global);

static const struct module_test_row rows[] = {
    {"new TextEncoder().encode('aß€🎉').join()", "97,195,159,226,130,172,240,159,142,137"},
    {"new TextEncoder().encode() instanceof Uint8Array", "true"},
    {"new TextEncoder().encode('a\\ud800b\\udc00\\ud7ff').join()", "97,239,191,189,98,239,191,189,237,159,191"},
    {"new TextEncoder().encoding + new TextDecoder().encoding + new TextDecoder('UTF-16').encoding", "utf-8utf-8utf-16le"},
    {"new TextDecoder().decode(new TextEncoder().encode('aß€🎉'))", "aß€🎉"},
    {"new TextDecoder().decode()", ""},
    {"new TextDecoder('utf-16le').decode(new Uint8Array([97, 0, 223, 0, 60, 216, 137, 223]))", "aß🎉"},
    {"new TextDecoder('utf-16be').decode(new Uint8Array([0, 97, 0, 223]).buffer)", "aß"},
    {"new TextDecoder('utf-16le').decode(new Uint8Array([60, 216, 97, 0, 98]))", "\xef\xbf\xbd" "a\xef\xbf\xbd"},
    {"new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 97])).length", "1"},
    {"new TextDecoder('utf-8', {ignoreBOM: true}).decode(new Uint8Array([0xef, 0xbb, 0xbf, 97])).length", "2"},
    {"new TextDecoder().decode(new Uint8Array([97, 0xff, 98]))", "a\xef\xbf\xbd" "b"},
    {"d = new TextDecoder(); d.decode(new Uint8Array([0xe2, 0x82]), {stream: true}) + '|' + d.decode(new Uint8Array([0xac, 97]))", "|€a"},
    {"d = new TextDecoder(); d.decode(new Uint8Array([97, 0xe2]), {stream: true}) + d.decode()", "a\xef\xbf\xbd"},
    {"d = new TextDecoder('utf-16le'); d.decode(new Uint8Array([60, 216, 137]), {stream: true}) + '|' + d.decode(new Uint8Array([223]))", "|🎉"},
    {"new TextDecoder('utf8', {fatal: true}).fatal + ' ' + new TextDecoder().fatal", "true false"},
    {"new TextDecoder('utf-8', {fatal: true}).decode(new Uint8Array([0xff]))", "TypeError: The encoded data was not valid"},
    {"new TextDecoder('utf-16le', {fatal: true}).decode(new Uint8Array([0]))", "TypeError: The encoded data was not valid"},
    {"new TextDecoder('nope')", "RangeError: unsupported encoding: nope"},
    {"new TextDecoder().decode('x')", "TypeError: the argument to decode() must be an ArrayBuffer or a view of one"},
    {"new TextDecoder() instanceof TextDecoder && typeof TextDecoder.prototype.decode", "function"},
    {"TextEncoder === TextEncoder", "true"},
    {"TextEncoder = 5; TextEncoder", "5"},
};

static void text_and_bytes(void **state) {
    struct module_test t;
    (void)state;

    module_test_init(&t, NULL);
    JSValue global = JS_GetGlobalObject(t.ctx);
    assert_int_equal(text_codec_globals(t.ctx, global), 0);
    JS_FreeValue(t.ctx, global);
    module_test_rows(&t, rows, sizeof rows / sizeof *rows);
    module_test_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_and_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
