// The steps of a drive, one after the other, each told as it is done.

/** Runs the steps. The first that fails is told with what `state` says of it, and ends the drive, or with `others` only itself. */
export async function follow(steps, { state = async () => [], others = false } = {}) {
  const only = process.env.STEP;
  for (const [step, run] of Object.entries(steps)) {
    if (only && !step.includes(only)) continue;
    const started = Date.now();
    try {
      await run();
      console.log(`ok    ${step} (${Date.now() - started} ms)`);
    } catch (error) {
      console.log(`wrong ${step}: ${error.stack}`);
      for (const line of await state()) console.log(line);
      process.exitCode = 1;
      if (!others) return;
    }
  }
}
