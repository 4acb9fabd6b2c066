// HTML that is not well formed; entities; upper case.
import { parseHTML } from 'k6/html';
import { show } from '../lib.js';
export default function () {
  const doc = parseHTML('<P CLASS=x>one<p>two <b>bold<i>both</b>it&amp;alic &lt;&eacute;&#x1F389;<ul><li>1<li>2</ul><!-- note --><br/>');
  show(doc.find('p').size(), doc.find('p.x').text(), doc.find('li').size(), doc.find('b').text(), doc.find('i').size(), doc.text());
  show(parseHTML('').find('body').size(), parseHTML('just text').text(), parseHTML('<div><span>a</span></div>').find('div').html());
}
