// What if a file is dropped beside its field? Nothing: without this the browser would leave the page to show the file, and what was typed would be lost.

/** For an effect. @returns what ends it. */
export function noStrayDrops(): () => void {
  const stop = (event: DragEvent): void => event.preventDefault();
  window.addEventListener("dragover", stop);
  window.addEventListener("drop", stop);
  return () => {
    window.removeEventListener("dragover", stop);
    window.removeEventListener("drop", stop);
  };
}
