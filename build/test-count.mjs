// How many tests passed, failed, were skipped? Read from Vitest's JSON report. A file that could not be loaded counts as one failure,
// and a report that is missing counts as one too: silence is never a pass.

/** @typedef {{ passed: number, failed: number, skipped: number, skippedNames: string[] }} TestCount */
/** @typedef {{ fullName: string, status: string }} Assertion */
/** @typedef {{ status: string, assertionResults: Assertion[] }} TestFile */

/**
 * @param {unknown} report
 * @returns {TestCount}
 */
export function countTests(report) {
  /** @type {TestCount} */
  const count = { passed: 0, failed: 0, skipped: 0, skippedNames: [] };
  const files = /** @type {{ testResults?: TestFile[] } | undefined} */ (report)?.testResults;
  if (files === undefined) return { ...count, failed: 1 };
  for (const file of files) {
    for (const { fullName, status } of file.assertionResults) {
      if (status === "passed") count.passed++;
      else if (status === "failed") count.failed++;
      else {
        count.skipped++;
        count.skippedNames.push(fullName);
      }
    }
    if (file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed")) count.failed++;
  }
  return count;
}

/** @param {TestCount} count */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
