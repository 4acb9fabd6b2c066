#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "script/js/options/options.h"

static void test_defaults(void **state) {
    struct options_runtime r;
    struct error err = ERROR_NULL;
    (void)state;

    assert_int_equal(options_runtime_init(&r, VIEW(""), &err), 0);
    assert_true(view_eq(r.user_agent, VIEW(OPTIONS_USER_AGENT)));
    assert_int_equal(r.batch, 20);
    assert_int_equal(r.batch_per_host, 6);
    assert_int_equal(r.max_redirects, 10);
    assert_false(r.max_redirects_set);
    assert_true(r.system_tags & OPTIONS_TAG_BIT(URL));
    assert_false(r.system_tags & OPTIONS_TAG_BIT(VU));
    assert_true(r.client.keep_alive);
    assert_false(r.client.tls_session_resumption);
    assert_int_equal(r.client.dns_ttl_us, 300000000);
    assert_int_equal(r.client.idle_max, 20);
    assert_int_equal(r.handle_summary_timeout_us, 120000000);
    options_runtime_deinit(&r);
}

static void test_all(void **state) {
    struct options_runtime r;
    struct error err = ERROR_NULL;
    struct view text = VIEW("{\"userAgent\":\"\",\"systemTags\":[\"vu\"],\"batch\":3,\"maxRedirects\":0,\"throw\":true,\"noConnectionReuse\":true,"
                            "\"httpDebug\":\"full\",\"dns\":{\"ttl\":\"inf\",\"select\":\"roundRobin\",\"policy\":\"any\"},"
                            "\"hosts\":{\"a\":\"1.2.3.4\"},\"blacklistIPs\":[\"10.0.0.0/8\"],\"blockHostnames\":[\"*.b\"],"
                            "\"tlsVersion\":{\"min\":\"tls1.1\",\"max\":\"tls1.2\"},\"insecureSkipTLSVerify\":true,"
                            "\"tlsCipherSuites\":[\"TLS_RSA_WITH_AES_128_GCM_SHA256\",\"TLS_RSA_WITH_RC4_128_SHA\",\"TLS_RSA_WITH_AES_128_CBC_SHA\"],"
                            "\"tlsAuth\":[{\"cert\":\"C\",\"key\":\"K\",\"password\":null,\"domains\":[\"d\"]}],\"localIPs\":\"127.0.0.1\"}");
    (void)state;

    assert_int_equal(options_runtime_init(&r, text, &err), 0);
    assert_int_equal(r.user_agent.len, 0);
    assert_int_equal(r.system_tags, OPTIONS_TAG_BIT(VU));
    assert_int_equal(r.batch, 3);
    assert_true(r.max_redirects_set && r.max_redirects == 0 && r.throw_errors && r.no_connection_reuse);
    assert_false(r.client.keep_alive);
    assert_int_equal(r.http_debug, OPTIONS_HTTP_DEBUG_FULL);
    assert_int_equal(r.client.dns_ttl_us, -1);
    assert_int_equal(r.client.dns_select, DNS_SELECT_ROUND_ROBIN);
    assert_int_equal(r.client.dns_policy, DNS_ANY);
    assert_int_equal(r.client.host_count, 1);
    assert_true(view_eq(r.client.hosts[0].to, VIEW("1.2.3.4")));
    assert_true(view_eq(r.client.blacklist_cidrs[0], VIEW("10.0.0.0/8")));
    assert_true(view_eq(r.client.blocked_hostnames[0], VIEW("*.b")));
    assert_int_equal(r.client.tls_min, TLS1_1_VERSION);
    assert_int_equal(r.client.tls_max, TLS1_2_VERSION);
    assert_true(view_eq(r.client.tls_ciphers, VIEW("AES128-GCM-SHA256:AES128-SHA")));
    assert_int_equal(r.client.cert_count, 1);
    assert_true(view_eq(r.client.certs[0].domains[0], VIEW("d")));
    assert_true(view_eq(r.local_ips, VIEW("127.0.0.1")));
    options_runtime_deinit(&r);
}

static void test_no_tags_and_garbage(void **state) {
    struct options_runtime r;
    struct error err = ERROR_NULL;
    (void)state;

    assert_int_equal(options_runtime_init(&r, VIEW("{\"systemTags\":null}"), &err), 0);
    assert_int_equal(r.system_tags, 0);
    options_runtime_deinit(&r);
    assert_int_equal(options_runtime_init(&r, VIEW("[1]"), &err), ERROR_SYNTAX);
    options_runtime_deinit(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_no_tags_and_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
