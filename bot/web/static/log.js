/* The conversation on the screen: messages, answers to tap, and where the eye is. */
(function () {
  'use strict';

  const NEAR_END_PIXELS = 160;
  const MOBILE = '1[3-9]\\d{9}';
  const LANDLINE = '0\\d{2,3}[- ]?\\d{3,4}[- ]?\\d{4}';
  const SERVICE_LINE = '400-?\\d{3}-?\\d{4}';
  const ADDRESS = "https?://[\\w\\-.~:/?#@!$&'*+,;=%]+";
  const LINKS = new RegExp(`${ADDRESS}|(?:${MOBILE}|${LANDLINE}|${SERVICE_LINE})(?!\\d)`, 'g');

  const page = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const log = byId('log');
  const shown = new Map();

  function element(name, className, text) {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text;
    return node;
  }

  /* --- messages -------------------------------------------------------------------------- */

  function clock(date) {
    const minutes = `0${date.getMinutes()}`.slice(-2);
    const hours = `0${date.getHours()}`.slice(-2);
    return `${date.getMonth() + 1}月${date.getDate()}日 ${hours}:${minutes}`;
  }

  function addTime(time) {
    const times = log.querySelectorAll('.time');
    if (times.length && times[times.length - 1].textContent === time) return;
    log.appendChild(element('p', 'time', time));
  }

  function linkTo(text) {
    const link = element('a', '', text);
    link.href = text.startsWith('http') ? text : `tel:${text.replace(/ /g, '')}`;
    link.rel = 'noopener noreferrer';
    return link;
  }

  /* Web addresses and phone numbers become links. */
  function appendLinked(node, text) {
    let end = 0;
    text.replace(LINKS, (found, start) => {
      if (/\d/.test(text.charAt(start - 1))) return;
      node.appendChild(document.createTextNode(text.slice(end, start)));
      node.appendChild(linkTo(found));
      end = start + found.length;
    });
    node.appendChild(document.createTextNode(text.slice(end)));
  }

  /* The list after the head says what the buttons say: it is hidden for as long as they show. */
  function write(node, head, list) {
    node.textContent = '';
    if (node.closest('.mine')) node.textContent = head;
    else appendLinked(node, head);
    if (list) node.appendChild(element('span', 'list', list));
  }

  function writeMessage(node, { text, head }) {
    const whole = text || '（照片）';
    const split = head && whole.startsWith(head) ? head.length : whole.length;
    write(node, whole.slice(0, split), whole.slice(split));
  }

  function pictures(addresses) {
    const row = element('div', 'pictures', '');
    addresses.forEach((address) => {
      const image = document.createElement('img');
      image.alt = '修好的照片';
      image.src = address;
      const link = element('a', '', '');
      link.href = address;
      link.appendChild(image);
      row.appendChild(link);
    });
    return row;
  }

  function add(message, mine) {
    const copy = byId(mine ? 'my-message' : 'their-message').content.cloneNode(true);
    const node = copy.querySelector('.message');
    node.dataset.id = message.id;
    writeMessage(node.querySelector('.text'), message);
    if (message.photos && message.photos.length) node.appendChild(pictures(message.photos));
    addTime(message.time || clock(new Date()));
    log.appendChild(node);
    shown.set(message.id, node);
    if (mine && byId('starters')) byId('starters').remove();
    return node;
  }

  function remove(id) {
    shown.get(id).remove();
    shown.delete(id);
  }

  /* Answers come by the sent request and by the stream: whichever is first shows them. */
  function receive(message) {
    if (shown.has(message.id)) return;
    const following = nearEnd();
    const node = add(message, false);
    if (message.choices && message.choices.length) addChoices(node, message.choices);
    tell('');
    if (following) showFrom(node);
    else byId('below').hidden = false;
  }

  /* --- answers to tap -------------------------------------------------------------------- */

  function dropChoices() {
    log.querySelectorAll('.choices').forEach((form) => form.remove());
    log.querySelectorAll('.open').forEach((node) => node.classList.remove('open'));
  }

  function choiceButton(label, index) {
    const button = document.createElement('button');
    button.name = 'text';
    button.value = String(index + 1);
    button.appendChild(element('span', 'digit', button.value));
    button.appendChild(document.createTextNode(' '));
    button.appendChild(element('span', 'label', label));
    return button;
  }

  function addChoices(node, labels) {
    const form = element('form', 'choices', '');
    form.setAttribute('aria-label', '点一个回答');
    labels.map(choiceButton).forEach((button) => form.appendChild(button));
    dropChoices();
    log.appendChild(form);
    node.classList.add('open');
  }

  /* --- where the eye is ------------------------------------------------------------------ */

  /* How much of the screen the head takes; nothing once it has scrolled away. */
  function headHeight() {
    return Math.max(0, document.querySelector('header').getBoundingClientRect().bottom);
  }

  function nearEnd() {
    return window.innerHeight + window.pageYOffset >= page.scrollHeight - NEAR_END_PIXELS;
  }

  /* A long answer is read from its beginning, so its beginning stays on the screen. */
  function showFrom(node) {
    window.scrollBy(0, node.getBoundingClientRect().top - headHeight() - 8);
  }

  function showEnd() {
    window.scrollTo(0, page.scrollHeight);
  }

  /* The bars change their height with what they hold; the end of the talk stays in sight. */
  function fit() {
    const following = shown.size > 0 && nearEnd();
    const text = byId('text');
    text.style.height = 'auto';
    text.style.height = `${text.scrollHeight + 4}px`;
    page.style.scrollPaddingTop = `${headHeight() + 12}px`;
    page.style.scrollPaddingBottom = `${document.querySelector('.bottom').offsetHeight + 12}px`;
    if (following) showEnd();
  }

  function tell(text) {
    byId('status').textContent = text;
  }

  function complain(text) {
    byId('error').textContent = text;
  }

  /* --- what the server had written already ----------------------------------------------- */

  function adopt(node) {
    const text = node.querySelector('.text');
    const list = text.querySelector('.list');
    const rest = list ? list.textContent : '';
    write(text, text.textContent.slice(0, text.textContent.length - rest.length), rest);
    shown.set(node.dataset.id, node);
  }

  log.querySelectorAll('.message').forEach(adopt);
  byId('below').addEventListener('click', showEnd);
  window.addEventListener('scroll', () => { if (nearEnd()) byId('below').hidden = true; });
  window.addEventListener('resize', fit);

  window.xiaolaba = {
    log: { add, remove, receive, dropChoices, showEnd, fit, tell, complain, element, shown },
  };
}());
