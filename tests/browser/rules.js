/* Measures the page against the rules for old eyes and hands; answers the faults as sentences. */
(limits) => {
  const faults = [];
  const visible = (node) => {
    const box = node.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && getComputedStyle(node).visibility === "visible";
  };
  const name = (node) => `${node.tagName.toLowerCase()}.${node.className || node.id}`;

  const channels = (text) => text.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const contrast = (node, color) => {
    const pair = [luminance(color), luminance(ground(node))].sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  };

  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const node = words.currentNode.parentElement;
    if (!words.currentNode.textContent.trim() || !visible(node)) continue;
    const style = getComputedStyle(node);
    const size = parseFloat(style.fontSize);
    if (size < limits.font - 0.01) faults.push(`${name(node)}: ${size} px letters`);
    const line = parseFloat(style.lineHeight) / size;
    if (line < 1.3 - 0.01) faults.push(`${name(node)}: line height ${line}`);
    const ratio = contrast(node, style.color);
    if (ratio < 4.5) faults.push(`${name(node)}: contrast ${ratio.toFixed(2)}`);
  }

  const small = ".text a, #previews button";
  const targets = "a[href], button, textarea, label, input:not([type=hidden]):not([type=file])";
  document.querySelectorAll(targets).forEach((node) => {
    if (!visible(node)) return;
    const box = node.getBoundingClientRect();
    const least = node.matches(small) ? 44 : 60;
    if (box.width < least || box.height < least) {
      faults.push(`${name(node)}: target of ${box.width} x ${box.height}`);
    }
  });

  document.querySelectorAll("body *").forEach((node) => {
    const box = node.getBoundingClientRect();
    if (visible(node) && (box.right > innerWidth + 0.5 || box.left < -0.5)) {
      faults.push(`${name(node)}: from ${box.left} to ${box.right} of ${innerWidth}`);
    }
  });
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) faults.push(`the page is ${wide} px wide`);
  return faults;
}
