// Steps of a scenario: each is one sentence that holds or does not; all of them run.

export class Steps {
  count = 0;
  failures = [];

  async step(title, action) {
    this.count += 1;
    const began = performance.now();
    const took = () => `${((performance.now() - began) / 1000).toFixed(2)}s`;
    try {
      await action();
      console.log(`  holds   ${title} (${took()})`);
    } catch (error) {
      const reason = String(error.message).replaceAll('\n', ' ').slice(0, 400);
      console.log(`  FAILS   ${title} (${took()})\n          ${reason}`);
      this.failures.push(`${title}: ${reason}`);
    }
  }

  /** The closing line; the exit status says whether all steps held. */
  finish() {
    process.on('exit', () => {
      if (this.failures.length === 0) console.log(`all ${this.count} steps hold`);
      else console.log(`${this.failures.length} of ${this.count} steps failed: ${this.failures[0]}`);
    });
    process.exitCode = this.failures.length === 0 ? 0 : 1;
  }
}
