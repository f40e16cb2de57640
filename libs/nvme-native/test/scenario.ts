/** The shape of what child.cjs can run: it gets a drive and says what it saw. */
export interface ScenarioInput {
  drive: string;
  cmdlogDir: string;
  timeoutMs?: number;
}
export type Scenario = (input: ScenarioInput, say: (value: unknown) => void) => Promise<void>;
