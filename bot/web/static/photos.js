/* Photos on their way: chosen, shown small, taken back, made smaller. */
(function () {
  'use strict';

  const MOST = 6;
  const EDGE_PIXELS = 1600;
  const SMALL_BYTES = 1000000;
  const JPEG_QUALITY = 0.85;

  const { element, fit, complain } = window.xiaolaba.log;
  const input = document.getElementById('photo');
  const previews = document.getElementById('previews');
  const chosen = [];

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

  function removeButton(file, index) {
    const button = element('button', '', '去掉');
    button.type = 'button';
    button.setAttribute('aria-label', `去掉第${index + 1}张照片`);
    button.addEventListener('click', () => {
      chosen.splice(chosen.indexOf(file), 1);
      show();
      input.focus();
    });
    return button;
  }

  function preview(file, index) {
    const item = document.createElement('li');
    item.appendChild(picture(file));
    item.appendChild(removeButton(file, index));
    return item;
  }

  function show() {
    previews.textContent = '';
    chosen.map(preview).forEach((item) => previews.appendChild(item));
    fit();
  }

  function choose(files) {
    chosen.push(...files);
    complain(chosen.length > MOST ? `一次最多发${MOST}张照片。` : '');
    chosen.splice(MOST);
    show();
  }

  /* The chosen files; none is chosen any more. */
  function take() {
    const files = chosen.splice(0);
    show();
    return files;
  }

  function redraw(bitmap) {
    const scale = Math.min(1, EDGE_PIXELS / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY));
  }

  /* A phone's photo has 5 MB and says where it was taken; the drawn copy does neither. Where the
     browser cannot turn it upright it goes as it is, and the server does the same work. */
  async function smaller(file) {
    if (file.size < SMALL_BYTES) return file;
    try {
      const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
      return (await redraw(bitmap)) || file;
    } catch (unsupported) {
      return file;
    }
  }

  input.addEventListener('change', () => {
    const files = Array.from(input.files);
    input.value = '';
    choose(files);
  });

  window.xiaolaba.photos = { choose, take, pictures, smaller };
}());
