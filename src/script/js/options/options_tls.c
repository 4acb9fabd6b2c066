/* tlsVersion, tlsCipherSuites, tlsAuth. Scripts write Go's names; OpenSSL gets its own. */
#include "script/js/options/options_priv.h"

#include <errno.h>
#include <openssl/ssl.h>

static const struct {
    const char *name;
    int number;
} versions[] = {{"tls1.0", TLS1_VERSION}, {"tls1.1", TLS1_1_VERSION}, {"tls1.2", TLS1_2_VERSION}, {"tls1.3", TLS1_3_VERSION}};

/* Go's name, OpenSSL's name (NULL: k6 knows it, no OpenSSL of today offers it). TLS 1.3 suites are not configurable in either. */
static const struct {
    const char *go, *openssl;
} ciphers[] = {
    {"TLS_RSA_WITH_RC4_128_SHA", NULL},
    {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256"},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", NULL},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_RC4_128_SHA", NULL},
    {"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-DES-CBC3-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_AES_128_GCM_SHA256", NULL},
    {"TLS_AES_256_GCM_SHA384", NULL},
    {"TLS_CHACHA20_POLY1305_SHA256", NULL},
};

bool options_cipher_name(struct view go_name, const char **openssl_name) {
    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++)
        if (view_eq(go_name, view_of_cstr(ciphers[i].go))) {
            *openssl_name = ciphers[i].openssl;
            return true;
        }
    return false;
}

bool options_tls_version_number(struct view name, int *version) {
    *version = 0;
    if (!name.len)
        return true;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (view_eq(name, view_of_cstr(versions[i].name))) {
            *version = versions[i].number;
            return true;
        }
    return false;
}

int options_read_tls_ciphers(const json_t *v, const char *where, json_t **out, struct error *err) {
    json_t *list OPTIONS_JSON = NULL, *item;
    const char *openssl;
    size_t i;

    int rc = options_read_string_list(v, where, &list, err);
    if (rc)
        return rc;
    json_array_foreach(list, i, item)
        if (!options_cipher_name(options_view(item), &openssl))
            return error_set(err, ERROR_INVALID, "unknown cipher suite '%s'", json_string_value(item));
    *out = json_incref(list);
    return 0;
}

/* "tls1.2" or {min, max} */
int options_read_tls_version(const json_t *v, const char *where, json_t **out, struct error *err) {
    const json_t *ends[2] = {v, v};
    int number;

    if (!json_is_string(v) && !json_is_object(v))
        return options_wrong_type(v, where, options_type_name(OPTIONS_TLS_VERSION), err);
    if (json_is_object(v)) {
        ends[0] = json_object_get(v, "min");
        ends[1] = json_object_get(v, "max");
    }
    for (size_t i = 0; i < 2; i++) {
        if (!options_unset(ends[i]) && !json_is_string(ends[i]))
            return options_wrong_type(ends[i], where, "lib.TLSVersion", err);
        if (!options_tls_version_number(options_view(ends[i]), &number))
            return error_set(err, ERROR_INVALID, "unknown TLS version '%s'", json_string_value(ends[i]));
    }
    *out = json_pack("{s:o, s:o}", "min", options_string(options_view(ends[0])), "max", options_string(options_view(ends[1])));
    return *out ? 0 : error_set(err, -ENOMEM, "out of memory");
}

static int check_pem(const json_t *v, const char *what, struct error *err) {
    if (view_find_view(options_view(v), VIEW("-----BEGIN ")) < 0)
        return error_set(err, ERROR_INVALID, "tls: failed to find any PEM data in %s input", what);
    return 0;
}

static int read_auth(const json_t *v, const char *where, json_t **out, struct error *err) {
    static const char *const names[] = {"cert", "key", "password"};
    json_t *auth OPTIONS_JSON = json_object(), *domains = NULL;

    if (!json_is_object(v))
        return options_wrong_type(v, where, "lib.TLSAuth", err);
    for (size_t i = 0; i < 3; i++) {
        json_t *value = NULL;
        int rc = options_read_string(json_object_get(v, names[i]), where, &value, err);
        if (rc)
            return rc;
        json_object_set_new(auth, names[i], value);
    }
    int rc = options_read_string_list(json_object_get(v, "domains"), where, &domains, err);
    if (rc)
        return rc;
    json_object_set_new(auth, "domains", domains);
    rc = check_pem(json_object_get(auth, "cert"), "certificate", err);
    if (rc == 0)
        rc = check_pem(json_object_get(auth, "key"), "key", err);
    if (rc == 0)
        *out = json_incref(auth);
    return rc;
}

int options_read_tls_auth(const json_t *v, const char *where, json_t **out, struct error *err) {
    json_t *list OPTIONS_JSON = json_array(), *item;
    size_t i;

    if (!json_is_array(v))
        return options_wrong_type(v, where, options_type_name(OPTIONS_TLS_AUTH), err);
    json_array_foreach(v, i, item) {
        json_t *auth = NULL;
        int rc = read_auth(item, where, &auth, err);
        if (rc)
            return rc;
        json_array_append_new(list, auth);
    }
    *out = json_incref(list);
    return 0;
}
