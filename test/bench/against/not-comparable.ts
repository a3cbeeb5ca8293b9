// Why is there no comparison? Nothing was measured, or what was measured means nothing. Its words are for the person who asked.

export class NotComparable extends Error {}
