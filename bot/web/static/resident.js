/* The resident page made live: sends without leaving the page, keeps what was written when the
   network goes, hears answers as they come. ES2017 at most: phones of 2018 read these files.
   Where they cannot run, the page's plain forms do the same work. */
(function () {
  'use strict';

  const TEXT_PATIENCE_MS = 20000;
  const PHOTO_PATIENCE_MS = 120000;
  const REOPEN_MS = 5000;
  const LONGEST_PAUSE_SECONDS = 90;
  /* The message itself is at fault: the same one again would be refused again. */
  const REFUSED = [400, 413, 415, 422];

  const { log, photos } = window.xiaolaba;
  const page = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const textBox = byId('text');

  /* --- what this browser remembers; a blocked storage forgets, nothing worse ------------- */

  function recall(key, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(`xiaolaba.${key}`)) || otherwise;
    } catch (blocked) {
      return otherwise;
    }
  }

  function remember(key, value) {
    try {
      localStorage.setItem(`xiaolaba.${key}`, JSON.stringify(value));
    } catch (blocked) {
      /* Private windows of old phones have no storage. */
    }
  }

  function forgetUnsent(id) {
    remember('unsent', recall('unsent', []).filter((entry) => entry.id !== id));
  }

  function keepUnsent({ id, text, files }) {
    remember('unsent', recall('unsent', []).concat({ id, text, photos: files.length }));
  }

  function keepDraft() {
    remember('draft', textBox.value);
    log.fit();
  }

  function write(text) {
    textBox.value = text;
    keepDraft();
  }

  /* --- one message on its way ------------------------------------------------------------ */

  const waiting = new Map();

  function newId() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)));
    return bytes.map((byte) => `0${byte.toString(16)}`.slice(-2)).join('');
  }

  async function asForm({ id, text, files }) {
    const form = new FormData();
    form.append('id', id);
    form.append('text', text);
    const small = await Promise.all(files.map(photos.smaller));
    small.forEach((file) => form.append('photo', file, file.name || 'photo.jpg'));
    return form;
  }

  async function request(message) {
    const headers = { Accept: 'application/json' };
    const call = { method: 'POST', credentials: 'same-origin', headers };
    if (message.files.length) return Object.assign(call, { body: await asForm(message) });
    headers['Content-Type'] = 'application/json';
    const { id, text } = message;
    return Object.assign(call, { body: JSON.stringify({ text, id }) });
  }

  function within(promise, milliseconds) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer')), milliseconds);
      promise.then(resolve, reject).then(() => clearTimeout(timer));
    });
  }

  async function post(message) {
    const call = fetch('/chat/messages', await request(message));
    const response = await within(call, message.files.length ? PHOTO_PATIENCE_MS : TEXT_PATIENCE_MS);
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    const pause = Number(response.headers.get('Retry-After'));
    throw Object.assign(new Error('refused'), { status: response.status, title: answer.title, pause });
  }

  function mark({ node }, sign) {
    node.querySelectorAll('.state, .unsent').forEach((old) => old.remove());
    if (sign) node.appendChild(sign);
  }

  function againButton(message) {
    const button = log.element('button', 'unsent', '没发出去，点这里再发一次');
    button.type = 'button';
    button.addEventListener('click', () => deliver(message));
    return button;
  }

  function settle(message) {
    waiting.delete(message.id);
    forgetUnsent(message.id);
    mark(message, null);
  }

  /* Refused for good: words and photos go back to where they can be changed. */
  function giveBack(message, title) {
    settle(message);
    log.remove(message.id);
    write(textBox.value || message.text);
    photos.choose(message.files);
    log.complain(title || '这条发不了，请改一改再发。');
  }

  function keepTrying(message, title) {
    message.sending = false;
    mark(message, againButton(message));
    log.tell('');
    log.complain(title || '没发出去，您写的还在。请看看网络。');
    log.showEnd();
  }

  /* Too much at once: nothing goes out for so long, then everything by itself, in its order. */
  let resting = false;

  function rest(message, title, seconds) {
    resting = true;
    message.sending = false;
    hold(message);
    log.tell(`${title || '发得太快了。'}过一会儿自动发，不用再点。`);
    setTimeout(() => {
      resting = false;
      log.tell('');
      resend();
    }, seconds * 1000);
  }

  function hold(message) {
    mark(message, log.element('p', 'state', '等一会儿自动发'));
  }

  function mayRest({ status, pause }) {
    return status === 429 && pause > 0 && pause <= LONGEST_PAUSE_SECONDS;
  }

  async function deliver(message) {
    if (message.sending) return;
    if (resting) return hold(message);
    message.sending = true;
    log.complain('');
    mark(message, log.element('p', 'state', '稍等…'));
    try {
      const { replies } = await post(message);
      settle(message);
      log.tell(replies.length ? '' : '收到了，一会儿回您。');
      replies.forEach(log.receive);
    } catch (error) {
      if (REFUSED.includes(error.status)) giveBack(message, error.title);
      else if (mayRest(error)) rest(message, error.title, error.pause);
      else keepTrying(message, error.title);
    }
  }

  function show(message) {
    message.node = log.add(message, true);
    if (message.files.length) message.node.appendChild(photos.pictures(message.files));
    waiting.set(message.id, message);
  }

  function send(text, files) {
    const message = { id: newId(), text, files, sending: false };
    log.dropChoices();
    show(message);
    keepUnsent(message);
    deliver(message);
    log.showEnd();
    return message.node;
  }

  /* One after the other: what was said first arrives first. */
  async function resend() {
    for (const message of Array.from(waiting.values())) await deliver(message);
  }

  /* What an earlier visit could not send. Pictures do not outlive the page, their words do. */
  function restore({ id, text, photos: count }) {
    if (log.shown.has(id)) return forgetUnsent(id);
    if (!count) return show({ id, text, files: [], sending: false });
    forgetUnsent(id);
    write(text);
    return log.complain('照片没发出去，请再选一次照片。');
  }

  /* --- by the QR code of a place ---------------------------------------------------------- */

  /* The page announces it, not its address: chat programs open every link for a preview. Where
     this fails the first message says it. */
  async function arrive() {
    if (!('arrived' in byId('log').dataset)) return;
    const headers = { Accept: 'application/json' };
    const call = { method: 'POST', credentials: 'same-origin', headers };
    const answer = await fetch('/chat/arrive', call).then((response) => response.json()).catch(() => ({}));
    (answer.replies || []).forEach(log.receive);
  }

  /* --- the stream ------------------------------------------------------------------------ */

  let stream = null;
  let { cursor } = byId('log').dataset;

  function closeStream() {
    if (stream) stream.close();
    stream = null;
  }

  function hear(event) {
    cursor = event.lastEventId || cursor;
    log.receive(JSON.parse(event.data));
  }

  /* The browser reconnects by itself after a lost line, but not after an answer like 503. */
  function reopenIfRefused() {
    if (stream && stream.readyState === EventSource.CLOSED) setTimeout(openStream, REOPEN_MS);
  }

  /* A hidden page lets go of its stream: browsers allow six to one address, for all tabs. */
  function openStream() {
    closeStream();
    if (document.hidden || !window.EventSource) return;
    stream = new EventSource(`/chat/stream${cursor ? `?after=${encodeURIComponent(cursor)}` : ''}`);
    stream.addEventListener('message', hear);
    stream.addEventListener('open', resend);
    stream.addEventListener('error', reopenIfRefused);
  }

  /* --- what people do -------------------------------------------------------------------- */

  function submit(event) {
    event.preventDefault();
    const text = textBox.value.trim();
    const files = photos.take();
    if (!text && !files.length) return textBox.focus();
    write('');
    return send(text, files);
  }

  /* Enter sends; while a word is still being chosen (229) it belongs to the input method. */
  function sendOnEnter(event) {
    const choosing = event.isComposing || event.keyCode === 229;
    if (event.key === 'Enter' && !event.shiftKey && !choosing) submit(event);
  }

  function sendTapped(event) {
    const button = event.target.closest && event.target.closest('button[name="text"]');
    if (!button) return;
    event.preventDefault();
    const node = send(button.value, []);
    /* The button is gone: who goes by keyboard stays where the answer will come. */
    node.tabIndex = -1;
    node.focus();
  }

  function toggleLarge(event) {
    event.preventDefault();
    byId('large').textContent = page.classList.toggle('large') ? '小字' : '大字';
    log.fit();
    fetch('/large', { method: 'POST', credentials: 'same-origin', redirect: 'manual' })
      .catch(() => log.complain('下次打开可能要再点一下大字。'));
  }

  function backOnline() {
    log.tell('');
    openStream();
    resend();
  }

  function listen() {
    byId('composer').addEventListener('submit', submit);
    byId('large').addEventListener('click', toggleLarge);
    textBox.addEventListener('input', keepDraft);
    textBox.addEventListener('keydown', sendOnEnter);
    document.addEventListener('click', sendTapped);
    document.addEventListener('visibilitychange', openStream);
    window.addEventListener('offline', () => log.tell('网断了，您写的都还在。'));
    window.addEventListener('online', backOnline);
    window.addEventListener('pagehide', closeStream);
    window.addEventListener('pageshow', (event) => { if (event.persisted) openStream(); });
  }

  page.classList.add('live');
  listen();
  write(textBox.value || recall('draft', ''));
  recall('unsent', []).forEach(restore);
  arrive();
  resend();
  openStream();
  if (log.shown.size) log.showEnd();
}());
