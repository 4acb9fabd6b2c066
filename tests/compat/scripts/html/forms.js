// k6/html: serialising forms.
import { parseHTML } from 'k6/html';
import http from 'k6/http';
import { show } from '../lib.js';
export default function () {
  const form = parseHTML(http.get(`${__ENV.HTTP}/html/form`).body).find('form');
  show(form.serialize());
  show(form.serializeArray());
  show(form.serializeObject());
  show(form.find('[name=user]').val(), form.find('select[name=colour]').val(), form.find('select[name=many]').val(), form.find('textarea').val());
}
