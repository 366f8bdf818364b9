/* The resident page made live: sends without leaving the page, keeps what was written when the
   network goes, shows answers as they come. ES2017 at most: phones of 2018 read this file. When
   it cannot run, the page's plain forms do the same work. */
(function () {
  'use strict';

  const NEAR_END_PIXELS = 160;
  const TEXT_PATIENCE_MS = 20000;
  const PHOTO_PATIENCE_MS = 120000;
  const REOPEN_MS = 5000;
  const MOST_PHOTOS = 6;
  const PHOTO_EDGE_PIXELS = 1600;
  const SMALL_PHOTO_BYTES = 1000000;
  /* The text itself is at fault: the same text again would be refused again. */
  const REFUSED = [400, 413, 415, 422];
  const LINKS = /https?:\/\/[\w\-.~:/?#@!$&'*+,;=%]+|(?:1[3-9]\d{9}|0\d{2,3}[- ]?\d{3,4}[- ]?\d{4}|400-?\d{3}-?\d{4})(?!\d)/g;

  const page = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const log = byId('log');
  const composer = byId('composer');
  const textBox = byId('text');

  /* --- what this browser remembers; a blocked storage forgets, nothing worse ------------- */

  function recall(key, otherwise) {
    try {
      return JSON.parse(localStorage.getItem('xiaolaba.' + key)) || otherwise;
    } catch (blocked) {
      return otherwise;
    }
  }

  function remember(key, value) {
    try {
      localStorage.setItem('xiaolaba.' + key, JSON.stringify(value));
    } catch (blocked) {
      /* Private windows of old phones have no storage. */
    }
  }

  const keepDraft = () => remember('draft', textBox.value);

  function keepUnsent(message) {
    const others = recall('unsent', []).filter((one) => one.id !== message.id);
    const entry = { id: message.id, text: message.text, photos: message.photos.length };
    remember('unsent', others.concat(entry));
  }

  function forgetUnsent(id) {
    remember('unsent', recall('unsent', []).filter((one) => one.id !== id));
  }

  /* --- the conversation ------------------------------------------------------------------ */

  const shown = new Map();
  Array.from(log.querySelectorAll('.message')).forEach((node) => shown.set(node.dataset.id, node));

  function clock(date) {
    const minutes = ('0' + date.getMinutes()).slice(-2);
    return (date.getMonth() + 1) + '月' + date.getDate() + '日 ' + date.getHours() + ':' + minutes;
  }

  function addTime(time) {
    const times = log.querySelectorAll('.time');
    if (times.length && times[times.length - 1].textContent === time) return;
    log.appendChild(element('p', 'time', time));
  }

  function element(name, className, text) {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text;
    return node;
  }

  function linkTo(text) {
    const link = element('a', '', text);
    link.href = /^http/.test(text) ? text : 'tel:' + text.replace(/ /g, '');
    link.rel = 'noopener noreferrer';
    return link;
  }

  /* Addresses and phone numbers in what the bot wrote become links. */
  function linkify(node) {
    const text = node.textContent;
    let end = 0;
    node.textContent = '';
    text.replace(LINKS, (found, start) => {
      if (/\d/.test(text.charAt(start - 1))) return;
      node.appendChild(document.createTextNode(text.slice(end, start)));
      node.appendChild(linkTo(found));
      end = start + found.length;
    });
    node.appendChild(document.createTextNode(text.slice(end)));
  }

  function addMessage(message, mine) {
    const copy = byId(mine ? 'my-message' : 'their-message').content.cloneNode(true);
    const node = copy.querySelector('.message');
    const text = node.querySelector('.text');
    node.dataset.id = message.id;
    text.textContent = message.text || '（照片）';
    if (!mine) linkify(text);
    addTime(message.time || clock(new Date()));
    log.appendChild(node);
    shown.set(message.id, node);
    if (byId('starters')) byId('starters').remove();
    return node;
  }

  function dropChoices() {
    Array.from(log.querySelectorAll('.choices')).forEach((form) => form.remove());
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

  function addChoices(labels) {
    const form = element('form', 'choices', '');
    form.setAttribute('aria-label', '点一个回答');
    labels.map(choiceButton).forEach((button) => form.appendChild(button));
    dropChoices();
    log.appendChild(form);
  }

  /* Answers come by the sent request and by the stream: whichever is first shows them. */
  function receive(message) {
    if (shown.has(message.id)) return;
    const following = nearEnd();
    const node = addMessage(message, false);
    if (message.choices && message.choices.length) addChoices(message.choices);
    tell('');
    if (following) showFrom(node);
    else byId('below').hidden = false;
  }

  /* --- where the eye is ------------------------------------------------------------------ */

  function nearEnd() {
    return window.innerHeight + window.pageYOffset >= page.scrollHeight - NEAR_END_PIXELS;
  }

  /* A long answer is read from its beginning, so its beginning stays on the screen. */
  function showFrom(node) {
    const top = node.getBoundingClientRect().top - document.querySelector('header').offsetHeight;
    window.scrollBy(0, Math.min(top - 8, page.scrollHeight));
  }

  function showEnd() {
    window.scrollTo(0, page.scrollHeight);
  }

  /* The bars change their height with what they hold; the end of the talk stays in sight. */
  function fit() {
    const following = shown.size > 0 && nearEnd();
    textBox.style.height = 'auto';
    textBox.style.height = textBox.scrollHeight + 4 + 'px';
    page.style.scrollPaddingTop = document.querySelector('header').offsetHeight + 12 + 'px';
    page.style.scrollPaddingBottom = document.querySelector('.bottom').offsetHeight + 12 + 'px';
    if (following) showEnd();
  }

  function tell(text) {
    byId('status').textContent = text;
  }

  function complain(text) {
    byId('error').textContent = text;
  }

  /* --- sending --------------------------------------------------------------------------- */

  const waiting = new Map();

  function newId() {
    if (window.crypto.randomUUID) return window.crypto.randomUUID();
    const bytes = Array.from(window.crypto.getRandomValues(new Uint8Array(16)));
    return bytes.map((byte) => ('0' + byte.toString(16)).slice(-2)).join('');
  }

  async function asForm(message) {
    const form = new FormData();
    form.append('id', message.id);
    form.append('text', message.text);
    const photos = await Promise.all(message.photos.map(smaller));
    photos.forEach((photo) => form.append('photo', photo, photo.name || 'photo.jpg'));
    return form;
  }

  async function request(message) {
    const headers = { Accept: 'application/json' };
    const withPhotos = message.photos.length > 0;
    if (!withPhotos) headers['Content-Type'] = 'application/json';
    const body = withPhotos
      ? await asForm(message)
      : JSON.stringify({ text: message.text, id: message.id });
    return { method: 'POST', credentials: 'same-origin', headers: headers, body: body };
  }

  function within(promise, milliseconds) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('')), milliseconds);
      promise.then(resolve, reject).then(() => clearTimeout(timer));
    });
  }

  async function post(message) {
    const patience = message.photos.length ? PHOTO_PATIENCE_MS : TEXT_PATIENCE_MS;
    const call = fetch('/chat/messages', await request(message));
    const response = await within(call, patience);
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw Object.assign(new Error(), { status: response.status, title: answer.title });
  }

  function mark(message, node) {
    Array.from(message.node.querySelectorAll('.state, .unsent')).forEach((old) => old.remove());
    if (node) message.node.appendChild(node);
  }

  function unsentButton(message) {
    const button = element('button', 'unsent', '没发出去，点这里再发一次');
    button.type = 'button';
    button.addEventListener('click', () => deliver(message));
    return button;
  }

  function failed(message, error) {
    message.sending = false;
    tell('');
    mark(message, unsentButton(message));
    complain(error.title || '没发出去，您写的还在。请看看网络。');
    showEnd();
  }

  /* Refused for good: the text goes back to where it can be changed. */
  function giveBack(message, error) {
    settle(message);
    message.node.remove();
    shown.delete(message.id);
    textBox.value = textBox.value || message.text;
    photos.push.apply(photos, message.photos);
    showPreviews();
    keepDraft();
    complain(error.title || '这条发不了，请改一改再发。');
  }

  function settle(message) {
    waiting.delete(message.id);
    forgetUnsent(message.id);
    mark(message, null);
    tell('');
  }

  async function deliver(message) {
    if (message.sending) return;
    message.sending = true;
    complain('');
    mark(message, element('p', 'state', '正在发送…'));
    try {
      const answer = await post(message);
      settle(message);
      if (!answer.replies.length) tell('收到了，一会儿回您。');
      answer.replies.forEach(receive);
    } catch (error) {
      if (REFUSED.includes(error.status)) giveBack(message, error);
      else failed(message, error);
    }
  }

  function show(message) {
    message.node = addMessage(message, true);
    if (message.photos.length) message.node.appendChild(pictures(message.photos));
    waiting.set(message.id, message);
  }

  function send(text, files) {
    const message = { id: newId(), text: text, photos: files, sending: false };
    dropChoices();
    show(message);
    keepUnsent(message);
    deliver(message);
    showEnd();
    return message.node;
  }

  function submit(event) {
    event.preventDefault();
    const text = textBox.value.trim();
    if (!text && !photos.length) return textBox.focus();
    const files = photos.splice(0);
    textBox.value = '';
    keepDraft();
    showPreviews();
    return send(text, files);
  }

  function resend() {
    waiting.forEach(deliver);
  }

  /* What an earlier visit could not send. Pictures do not outlive the page, their text does. */
  function restore() {
    recall('unsent', []).forEach((entry) => {
      if (shown.has(entry.id)) return forgetUnsent(entry.id);
      if (!entry.photos) return show({ id: entry.id, text: entry.text, photos: [], sending: false });
      forgetUnsent(entry.id);
      textBox.value = entry.text;
      return complain('照片没发出去，请再选一次照片。');
    });
    if (!textBox.value) textBox.value = recall('draft', '');
    resend();
  }

  /* --- photos ---------------------------------------------------------------------------- */

  const photos = [];

  function picture(file) {
    const image = document.createElement('img');
    image.alt = '照片';
    image.src = URL.createObjectURL(file);
    image.addEventListener('load', () => URL.revokeObjectURL(image.src));
    return image;
  }

  function pictures(files) {
    const row = element('div', 'pictures', '');
    files.forEach((file) => row.appendChild(picture(file)));
    return row;
  }

  function preview(file, index) {
    const item = document.createElement('li');
    const remove = element('button', '', '去掉');
    remove.type = 'button';
    remove.setAttribute('aria-label', '去掉第' + (index + 1) + '张照片');
    remove.addEventListener('click', () => {
      photos.splice(photos.indexOf(file), 1);
      showPreviews();
      byId('photo').focus();
    });
    item.appendChild(picture(file));
    item.appendChild(remove);
    return item;
  }

  function showPreviews() {
    byId('previews').textContent = '';
    photos.map(preview).forEach((item) => byId('previews').appendChild(item));
    fit();
  }

  function choosePhotos() {
    photos.push.apply(photos, Array.from(byId('photo').files));
    complain(photos.length > MOST_PHOTOS ? '一次最多发' + MOST_PHOTOS + '张照片。' : '');
    photos.splice(MOST_PHOTOS);
    byId('photo').value = '';
    showPreviews();
  }

  function redraw(bitmap) {
    const scale = Math.min(1, PHOTO_EDGE_PIXELS / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85));
  }

  /* A phone's photo is 5 MB and names the spot it was taken; the drawn copy is neither. */
  async function smaller(file) {
    if (file.size < SMALL_PHOTO_BYTES) return file;
    try {
      const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
      return (await redraw(bitmap)) || file;
    } catch (unsupported) {
      return file;
    }
  }

  /* --- the stream ------------------------------------------------------------------------ */

  let stream = null;
  let cursor = log.dataset.cursor;

  function closeStream() {
    if (stream) stream.close();
    stream = null;
  }

  /* A hidden page lets go of its stream: browsers allow six to one address, for all tabs. */
  function openStream() {
    closeStream();
    if (document.hidden || !window.EventSource) return;
    stream = new EventSource('/chat/stream' + (cursor ? '?after=' + encodeURIComponent(cursor) : ''));
    stream.addEventListener('message', hear);
    stream.addEventListener('open', resend);
    stream.addEventListener('error', reopenIfRefused);
  }

  function hear(event) {
    cursor = event.lastEventId || cursor;
    receive(JSON.parse(event.data));
  }

  /* The browser reconnects by itself after a lost line, but not after an answer like 503. */
  function reopenIfRefused() {
    if (stream && stream.readyState === EventSource.CLOSED) setTimeout(openStream, REOPEN_MS);
  }

  /* --- the size of the letters ----------------------------------------------------------- */

  function toggleLarge(event) {
    event.preventDefault();
    const large = page.classList.toggle('large');
    byId('large').textContent = large ? '小字' : '大字';
    fit();
    fetch('/large', { method: 'POST', credentials: 'same-origin', redirect: 'manual' })
      .catch(() => complain('这次先这样显示，下次可能要再点一下。'));
  }

  /* --- start ----------------------------------------------------------------------------- */

  function tapAnswer(event) {
    const button = event.target.closest && event.target.closest('button[name="text"]');
    if (!button) return;
    event.preventDefault();
    const node = send(button.value, []);
    /* The button is gone: who goes by keyboard stays where the answer will come. */
    node.tabIndex = -1;
    node.focus();
  }

  /* Enter sends; while a word is still being chosen (229) it belongs to the input method. */
  function enterSends(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    submit(event);
  }

  function listen() {
    composer.addEventListener('submit', submit);
    textBox.addEventListener('input', () => { keepDraft(); fit(); });
    textBox.addEventListener('keydown', enterSends);
    document.addEventListener('click', tapAnswer);
    byId('photo').addEventListener('change', choosePhotos);
    byId('large').addEventListener('click', toggleLarge);
    byId('below').addEventListener('click', showEnd);
    window.addEventListener('scroll', () => { if (nearEnd()) byId('below').hidden = true; });
    window.addEventListener('resize', fit);
    window.addEventListener('offline', () => tell('网断了，您写的都还在。'));
    window.addEventListener('online', () => { tell(''); openStream(); resend(); });
    window.addEventListener('pagehide', closeStream);
    document.addEventListener('visibilitychange', () => (document.hidden ? closeStream() : openStream()));
  }

  page.classList.add('live');
  Array.from(log.querySelectorAll('.bot .text')).forEach(linkify);
  listen();
  restore();
  fit();
  openStream();
  if (shown.size) showEnd();
}());
