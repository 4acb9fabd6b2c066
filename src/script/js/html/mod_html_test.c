/* k6/html: methods of Selection and Element on one page, with what k6 printed for the same lines. A value is shown by its type and its
 * JSON, a Selection as "SEL count names", an Element as "EL name". */
#include "script/js/module_test_priv.h"

extern const struct module_row module_k6_html;

static const char page[] =
    "<html><head><title>T &amp; x</title><style>s{}</style></head><body id=\"b\" data-n=\"5\" data-f=\"5.0\" da"
    "ta-z=\"05\" data-j='{\"a\":1}' data-t=\"true\" data-nul=\"null\" data-e=\"\" data-two-words=\"x\"><div id=\"d1\" c"
    "lass=\"c1 c2\"><p>one <b>bold</b> tail</p><!--com--><p class=\"x\">two</p><span></span></div><div id=\"d2"
    "\"><p>three</p></div><ul><li>1</li><li class=\"y\">2</li><li>3</li><li class=\"z\">4</li><li>5</li></ul><"
    "form id=\"f\" action=\"/go?x=1\" method=\"post\" enctype=\"multipart/form-data\"><input name=\"t\" value=\"v\"><"
    "input type=\"checkbox\" name=\"cb\" checked=\"checked\"><input type=\"checkbox\" name=\"cb2\" checked><input t"
    "ype=\"radio\" name=\"r\" value=\"1\"><input name=\"dis\" value=\"q\" disabled=\"disabled\"><input name=\"dis2\" va"
    "lue=\"q\" disabled><input type=\"submit\" name=\"sub\" value=\"S\"><input type=\"file\" name=\"fi\"><input type="
    "\"image\" name=\"im\"><button name=\"bt\" value=\"bv\">B</button><select name=\"s\"><option>A</option><option "
    "value=\"b2\" selected>B</option></select><select name=\"s0\"><option>A</option><option>B</option></selec"
    "t><select name=\"sm\" multiple><option selected>A</option><option selected value=\"q\">B</option></selec"
    "t><select name=\"sm0\" multiple><option>A</option></select><textarea name=\"ta\"> hi\n there</textarea><i"
    "nput name=\"arr\" value=\"1\"><input name=\"arr\" value=\"2\"><input value=\"noname\"></form><a id=\"l\" href=\"h"
    "ttp://u:p@h.test:8080/p/a?q=1#fr\" target=\"_b\" rel=\"x\" type=\"t\">L</a><img src=\"i.png\" alt=\"al\" width="
    "\"3\"><table><caption>cap</caption><thead><tr><th>h</th></tr></thead><tbody><tr><td colspan=\"2\">c</td>"
    "<td>d</td></tr></tbody></table></body></html>";

static const char prelude[] =
    "const show = (code) => { let v; try { v = eval(code); } catch (e) { return 'threw ' + e; }"
    "  if (v && v.size && v.html) v = 'SEL ' + v.size() + ' ' + v.toArray().map((e) => e.get(0).nodeName() +"
    "    (e.attr('id') ? '#' + e.attr('id') : '') + ':' + e.text().slice(0, 9)).join('|');"
    "  return '= ' + typeof v + ' ' + (v && v.nodeName ? 'EL ' + v.nodeName() : JSON.stringify(v)); };";

static const struct module_test_row rows[] = {
    {"d.size()", "= number 1"},
    {"d.text()", "= string \"T & xs{}one bold tailtwothree12345BABABABA hi\\n thereLcaphcd\""},
    {"d.find('body').data('n')", "= number 5"},
    {"d.find('body').data('f')", "= string \"5.0\""},
    {"d.find('body').data('z')", "= string \"05\""},
    {"d.find('body').data('t')", "= boolean true"},
    {"d.find('body').data('nul')", "= undefined undefined"},
    {"d.find('body').data('e')", "= undefined undefined"},
    {"d.find('body').data('none')", "= undefined undefined"},
    {"d.find('body').data('two-words')", "= string \"x\""},
    {"d.find('#d1').children()", "= string \"SEL 3 p:one bold |p:two|span:\""},
    {"d.find('#d1').contents()", "= string \"SEL 4 p:one bold |#comment:|p:two|span:\""},
    {"d.find('#d1').contents().toArray().map(e=>e.get(0).nodeType())", "= object [1,8,1,1]"},
    {"d.find('p').add('li')", "= string \"SEL 8 p:one bold |p:two|p:three|li:1|li:2|li:3|li:4|li:5\""},
    {"d.find('p').add(d.find('b'))", "= string \"SEL 4 p:one bold |p:two|p:three|b:bold\""},
    {"d.find('p').add(d.find('b').get(0))", "= string \"SEL 4 p:one bold |p:two|p:three|b:bold\""},
    {"d.find('li').filter((i,e)=>i%2==0)", "= string \"SEL 3 li:1|li:3|li:5\""},
    {"d.find('li').filter(d.find('.y'))", "= string \"SEL 1 li:2\""},
    {"d.find('li').not(d.find('.y'))", "= string \"SEL 4 li:1|li:3|li:4|li:5\""},
    {"d.find('li').not((i,e)=>i>1)", "= string \"SEL 2 li:1|li:2\""},
    {"d.find('li').is(d.find('.y'))", "= boolean true"},
    {"d.find('div').has(d.find('b'))", "= string \"SEL 1 div#d1:one bold \""},
    {"d.find('li').map(function(i,e){return typeof e.text+typeof e.textContent})", "= object [\"functionundefined\",\"functionundefined\",\"functionundefined\",\"functionundefined\",\"functionundefined\"]"},
    {"d.find('li').map((i,e)=>{if(i==1)throw 1;return i})", "= object [0,2,3,4]"},
    {"d.find('li').get(1)", "= object EL li"},
    {"d.find('li').get(-1)", "= object EL li"},
    {"d.find('li').get(99)", "= undefined undefined"},
    {"d.find('li').get(-99)", "= undefined undefined"},
    {"d.find('li').eq(-1)", "= string \"SEL 1 li:5\""},
    {"d.find('li').eq(99)", "= string \"SEL 0 \""},
    {"d.find('li').slice(1,3)", "= string \"SEL 2 li:2|li:3\""},
    {"d.find('li').slice(-2)", "= string \"SEL 2 li:4|li:5\""},
    {"d.find('li').index('.y')", "= number -1"},
    {"d.find('li').index(d.find('.z'))", "= number 3"},
    {"d.find('.z').index()", "= number 3"},
    {"d.find('.none').index()", "= number -1"},
    {"d.find('.z').index('li')", "= number 3"},
    {"d.find('.z').index('p')", "= number -1"},
    {"d.find('li.y').next()", "= string \"SEL 1 li:3\""},
    {"d.find('li.y').next('.z')", "= string \"SEL 0 \""},
    {"d.find('li.y').nextAll()", "= string \"SEL 3 li:3|li:4|li:5\""},
    {"d.find('li.y').nextAll('.z')", "= string \"SEL 1 li:4\""},
    {"d.find('li').first().nextUntil('.z')", "= string \"SEL 2 li:2|li:3\""},
    {"d.find('li').first().nextUntil('.z','.y')", "= string \"SEL 1 li:2\""},
    {"d.find('li').first().nextUntil(d.find('.z'))", "= string \"SEL 2 li:2|li:3\""},
    {"d.find('li').last().prevAll()", "= string \"SEL 4 li:4|li:3|li:2|li:1\""},
    {"d.find('li').last().prevUntil('.y')", "= string \"SEL 2 li:4|li:3\""},
    {"d.find('li').last().prev()", "= string \"SEL 1 li:4\""},
    {"d.find('b').parent()", "= string \"SEL 1 p:one bold \""},
    {"d.find('b').parent('div')", "= string \"SEL 0 \""},
    {"d.find('b').parents()", "= string \"SEL 4 p:one bold |div#d1:one bold |body#b:one bold |html:T & xs{}o\""},
    {"d.find('b').parents('div')", "= string \"SEL 1 div#d1:one bold \""},
    {"d.find('b').parentsUntil('body')", "= string \"SEL 2 p:one bold |div#d1:one bold \""},
    {"d.find('b').parentsUntil('body','p')", "= string \"SEL 1 p:one bold \""},
    {"d.find('b').closest('div')", "= string \"SEL 1 div#d1:one bold \""},
    {"d.find('.y').siblings()", "= string \"SEL 4 li:1|li:3|li:4|li:5\""},
    {"d.find('.y').siblings('.z')", "= string \"SEL 1 li:4\""},
    {"d.find('p').end()", "= string \"SEL 1 #document:T & xs{}o\""},
    {"d.find('p').find('b').end()", "= string \"SEL 3 p:one bold |p:two|p:three\""},
    {"d.end()", "= string \"SEL 0 \""},
    {"d.find('li').text()", "= string \"12345\""},
    {"d.find('li').html()", "= string \"1\""},
    {"d.find('.none').html()", "= string \"\""},
    {"d.find('.none').text()", "= string \"\""},
    {"d.find('.none').attr('x')", "= undefined undefined"},
    {"d.find('.none').val()", "= undefined undefined"},
    {"d.find('.none').data('x')", "= undefined undefined"},
    {"d.find('#d1').html()", "= string \"<p>one <b>bold</b> tail</p><!--com--><p class=\\\"x\\\">two</p><span></span>\""},
    {"d.find('html').size()", "= number 1"},
    {"d.find('input').val()", "= string \"v\""},
    {"d.find('[name=s]').val()", "= string \"b2\""},
    {"d.find('[name=s0]').val()", "= string \"\""},
    {"d.find('[name=sm]').val()", "= object [\"A\",\"q\"]"},
    {"d.find('[name=sm0]').val()", "= object []"},
    {"d.find('[name=cb]').val()", "= string \"on\""},
    {"d.find('[name=bt]').val()", "= string \"bv\""},
    {"d.find('[name=ta]').val()", "= string \" hi\\n there\""},
    {"d.find('option').val()", "= string \"A\""},
    {"d.find('li').val()", "= undefined undefined"},
    {"d.find('form').serialize()", "= string \"arr=2&cb=on&dis2=q&s=b2&s0=&sm=A&sm=q&t=v&ta=+hi%0A+there\""},
    {"d.find('form').serializeArray()", "= object [{\"name\":\"t\",\"value\":\"v\"},{\"name\":\"cb\",\"value\":\"on\"},{\"name\":\"dis2\",\"value\":\"q\"},{\"name\":\"s\",\"value\":\"b2\"},{\"name\":\"s0\",\"value\":\"\"},{\"name\":\"sm\",\"value\":[\"A\",\"q\"]},{\"name\":\"sm0\",\"value\":[]},{\"name\":\"ta\",\"value\":\" hi\\n there\"},{\"name\":\"arr\",\"value\":\"1\"},{\"name\":\"arr\",\"value\":\"2\"}]"},
    {"d.find('input').serialize()", "= string \"arr=2&cb=on&dis2=q&t=v\""},
    {"d.find('p').serialize()", "= string \"\""},
    {"d.find('[name=t]').serializeArray()", "= object [{\"name\":\"t\",\"value\":\"v\"}]"},
    {"d.find('li').attr()", "= undefined undefined"},
    {"d.find(5)", "threw GoError: invalid argument, cannot use a 'int64' as a selector"},
    {"d.find()", "threw GoError: invalid argument, cannot use a '<nil>' as a selector"},
    {"d.find('p[')", "= string \"SEL 0 \""},
    {"d.find('')", "= string \"SEL 0 \""},
    {"d.find('li:first')", "= string \"SEL 0 \""},
    {"d.find('li').first().attr('class','dd')", "= string \"dd\""},
    {"d.find('li').toArray().length", "= number 5"},
    {"d.find('li').length", "= undefined undefined"},
    {"String(d.find('b'))", "= string \"[object Object]\""},
    {"d.hasClass", "= undefined undefined"},
    {"d.find('li').is('li, p')", "= boolean true"},
    {"d.find('li').children()", "= string \"SEL 0 \""},
    {"d.find('ul').children('li')", "= string \"SEL 5 li:1|li:2|li:3|li:4|li:5\""},
    {"d.find('p').children('b')", "= string \"SEL 1 b:bold\""},
    {"d.find('li').has('x')", "= string \"SEL 0 \""},
    {"d.find('li').each()", "threw GoError: the argument to each() must be a function"},
    {"d.find('li').map()", "threw GoError: the argument to map() must be a function"},
    {"parseHTML()", "= string \"SEL 1 #document:\""},
    {"parseHTML(5).text()", "= string \"5\""},
    {"parseHTML(null)", "= string \"SEL 1 #document:\""},
    {"parseHTML('<p>a</p><p>b</p>').html()", "= string \"<html><head></head><body><p>a</p><p>b</p></body></html>\""},
    {"parseHTML('<tr><td>x</td></tr>').text()", "= string \"x\""},
    {"d.find('#l').get(0).href()", "= string \"http://u:p@h.test:8080/p/a?q=1#fr\""},
    {"d.find('#l').get(0).protocol()", "= string \"http\""},
    {"d.find('#l').get(0).host()", "= string \"h.test:8080\""},
    {"d.find('#l').get(0).hostname()", "= string \"h.test\""},
    {"d.find('#l').get(0).port()", "= string \"8080\""},
    {"d.find('#l').get(0).pathname()", "= string \"/p/a\""},
    {"d.find('#l').get(0).search()", "= string \"?q=1\""},
    {"d.find('#l').get(0).hash()", "= string \"#fr\""},
    {"d.find('#l').get(0).origin()", "= string \"http://h.test:8080\""},
    {"d.find('#l').get(0).username()", "= string \"u\""},
    {"d.find('#l').get(0).password()", "= string \"p\""},
    {"d.find('#l').get(0).text()", "= string \"L\""},
    {"d.find('#l').get(0).nodeName()", "= string \"a\""},
    {"d.find('#l').get(0).nodeValue()", "= undefined undefined"},
    {"d.find('#l').get(0).toString()", "= string \"http://u:p@h.test:8080/p/a?q=1#fr\""},
    {"String(d.find('#l').get(0))", "= string \"http://u:p@h.test:8080/p/a?q=1#fr\""},
    {"d.find('#l').get(0).classList()", "= object []"},
    {"d.find('#d1').get(0).classList()", "= object [\"c1\",\"c2\"]"},
    {"d.find('#d1').get(0).className()", "= string \"c1 c2\""},
    {"d.find('#d1').get(0).childElementCount()", "= number 3"},
    {"d.find('#d1').get(0).children()", "= object [{},{},{}]"},
    {"d.find('#d1').get(0).childNodes()", "= object [{},{},{},{}]"},
    {"d.find('#d1').get(0).firstChild()", "= object EL p"},
    {"d.find('#d1').get(0).lastChild()", "= object EL span"},
    {"d.find('#d1').get(0).firstElementChild()", "= object EL p"},
    {"d.find('#d1').get(0).lastElementChild()", "= object EL span"},
    {"d.find('#d1').get(0).contains(d.find('b').get(0))", "= boolean true"},
    {"d.find('#d1').get(0).matches('div')", "= boolean true"},
    {"d.find('#d1').get(0).hasAttributes()", "= boolean true"},
    {"d.find('#d1').get(0).getAttributeNode('none')", "= undefined undefined"},
    {"d.find('#d1').get(0).getAttribute('none')", "= undefined undefined"},
    {"d.find('#d1').get(0).querySelector('b')", "= object EL b"},
    {"d.find('#d1').get(0).querySelector('zz')", "= undefined undefined"},
    {"d.find('#d1').get(0).querySelectorAll('p')", "= object [{},{}]"},
    {"d.find('#d1').get(0).getElementsByTagName('p')", "= object [{},{}]"},
    {"d.find('#d1').get(0).getElementsByClassName('x')", "= object [{}]"},
    {"d.find('#d1').get(0).isEqualNode(d.find('#d1').get(0))", "= boolean true"},
    {"d.find('#d1').get(0).isSameNode(d.find('#d1').get(0))", "= boolean true"},
    {"d.find('#d1').get(0).isDefaultNamespace()", "= boolean true"},
    {"d.find('#d1').get(0).namespaceURI()", "= string \"http://www.w3.org/1999/xhtml\""},
    {"d.find('#d1').get(0).lang()", "= undefined undefined"},
    {"d.find('#d1').get(0).toggle", "= undefined undefined"},
    {"d.find('#d1').get(0).nextSibling()", "= object EL div"},
    {"d.find('#d1').get(0).nextElementSibling()", "= object EL div"},
    {"d.find('#d1').get(0).ownerDocument()", "= object EL #document"},
    {"d.find('#d1').get(0).parentNode()", "= object EL body"},
    {"d.find('#d1').get(0).parentElement()", "= object EL body"},
    {"d.find('html').get(0).parentNode()", "= object EL #document"},
    {"d.find('html').get(0).parentElement()", "= undefined undefined"},
    {"d.find('#d1').get(0).hasChildNodes()", "= boolean true"},
    {"d.find('#d1').get(0).innerHTML()", "= string \"<p>one <b>bold</b> tail</p><!--com--><p class=\\\"x\\\">two</p><span></span>\""},
    {"d.find('#d1').get(0).isSelected", "= undefined undefined"},
    {"d.find('#d1').get(0).tagName", "= undefined undefined"},
    {"d.find('#d1').get(0).contentEditable", "= undefined undefined"},
    {"d.find('form').get(0).length()", "= number 18"},
    {"d.find('form').get(0).method()", "= string \"post\""},
    {"d.find('form').get(0).action()", "= string \"/go?x=1\""},
    {"d.find('form').get(0).name()", "= string \"\""},
    {"d.find('form').get(0).target()", "= string \"\""},
    {"d.find('form').get(0).enctype()", "= string \"multipart/form-data\""},
    {"d.find('form').get(0).acceptCharset()", "= string \"\""},
    {"d.find('form').get(0).autocomplete()", "= string \"on\""},
    {"d.find('form').get(0).noValidate()", "= boolean false"},
    {"d.find('form').get(0).encoding()", "= string \"multipart/form-data\""},
    {"d.find('[name=t]').get(0).value()", "= string \"v\""},
    {"d.find('[name=t]').get(0).type()", "= string \"text\""},
    {"d.find('[name=t]').get(0).form()", "= object EL form"},
    {"d.find('[name=cb2]').get(0).checked()", "= boolean true"},
    {"d.find('[name=dis2]').get(0).disabled()", "= boolean true"},
    {"d.find('[name=cb]').get(0).value()", "= string \"\""},
    {"d.find('select').get(0).value()", "= string \"b2\""},
    {"d.find('select').get(0).selectedIndex()", "= number 1"},
    {"d.find('select').get(0).length()", "= number 2"},
    {"d.find('select').get(0).size()", "= number 1"},
    {"d.find('select').get(0).multiple()", "= boolean false"},
    {"d.find('select').get(0).type()", "= string \"select\""},
    {"d.find('option').get(0).value()", "= string \"A\""},
    {"d.find('option').get(1).selected()", "= boolean true"},
    {"d.find('option').get(1).index()", "= number 1"},
    {"d.find('option').get(1).text()", "= string \"B\""},
    {"d.find('option').get(1).form()", "= object EL form"},
    {"d.find('option').get(1).label()", "= string \"B\""},
    {"d.find('table').get(0).caption()", "= object EL caption"},
    {"d.find('table').get(0).tHead()", "= object EL thead"},
    {"d.find('table').get(0).tFoot()", "= undefined undefined"},
    {"d.find('tr').get(1).rowIndex()", "= number 1"},
    {"d.find('tr').get(1).sectionRowIndex()", "= number 0"},
    {"d.find('td').get(0).colSpan()", "= number 2"},
    {"d.find('td').get(1).cellIndex()", "= number 1"},
    {"d.find('td').get(1).rowSpan()", "= number 1"},
    {"d.find('td').get(1).headers()", "= string \"\""},
    {"d.find('textarea').get(0).rows()", "= number 0"},
    {"d.find('button').get(0).value()", "= string \"bv\""},
    {"d.find('button').get(0).type()", "= string \"submit\""},
    {"d.find('button').get(0).formMethod()", "= string \"post\""},
    {"d.find('button').get(0).formAction()", "= string \"/go?x=1\""},
    {"d.find('img').get(0).src()", "= string \"i.png\""},
    {"d.find('img').get(0).width()", "= number 3"},
    {"d.find('img').get(0).alt()", "= string \"al\""},
    {"d.find('title').get(0).text()", "= string \"T & x\""},
    {"d.find('#d1').contents().get(1).nodeName()", "= string \"#comment\""},
    {"d.find('p').contents().get(0).nodeName()", "= string \"#text\""},
    {"d.find('p').contents().get(0).nodeValue()", "= string \"one \""},
    {"d.find('p').contents().get(0).textContent()", "= string \"one \""},
    {"d.find('b').get(0).previousSibling().nodeValue()", "= string \"one \""},
    {"d.get(0).nodeName()", "= string \"#document\""},
    {"d.get(0).nodeType()", "= number 9"},
    {"d.get(0).innerHTML().length", "= number 1587"},
};

static void as_in_k6(void **state) {
    struct module_test t;
    struct view got;
    (void)state;

    module_test_init(&t, NULL);
    JSValue global = JS_GetGlobalObject(t.ctx), module = module_k6_html.make(t.ctx);
    JSValue parse = JS_GetPropertyStr(t.ctx, module, "parseHTML"), text = JS_NewString(t.ctx, page);
    JS_SetPropertyStr(t.ctx, global, "d", JS_Call(t.ctx, parse, JS_UNDEFINED, 1, &text));
    JS_SetPropertyStr(t.ctx, global, "parseHTML", parse);
    free(module_test_eval(&t, prelude));
    JSValue show = JS_Eval(t.ctx, "show", 4, "test", JS_EVAL_TYPE_GLOBAL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        JSValue code = JS_NewString(t.ctx, rows[i].code), v = JS_Call(t.ctx, show, JS_UNDEFINED, 1, &code);
        assert_true(js_text(t.ctx, v, &got));
        if (!view_eq(got, view_of_cstr(rows[i].want)))
            fail_msg("%s\n  is   %s\n  want %s", rows[i].code, got.ptr, rows[i].want);
        js_text_free(t.ctx, got);
        JS_FreeValue(t.ctx, v);
        JS_FreeValue(t.ctx, code);
    }
    JS_FreeValue(t.ctx, show);
    JS_FreeValue(t.ctx, text);
    JS_FreeValue(t.ctx, module);
    JS_FreeValue(t.ctx, global);
    module_test_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_in_k6)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
