// One step of a plan, and what a person may say about the plan as a whole.
import type { StageDefinition } from '../core/stage.js';

export interface PlanOptions {
  /** Name or path of the recipe. */
  readonly recipe: string;
  /**
   * Folder that the corpus lies in, before what the recipe says under `data`; a recipe with
   * a prepare step may do without both.
   */
  readonly data?: string | undefined;
  /** Folder of the run; `runs/<name>` where none is given. */
  readonly run?: string | undefined;
  readonly set?: readonly string[];
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly force?: boolean;
  /** Modules that the recipe uses may be loaded: programs of others, with the user's rights. */
  readonly allowCode?: boolean;
}

export interface Step {
  readonly name: string;
  readonly load: () => Promise<StageDefinition>;
  readonly out: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly data: string;
  readonly config: unknown;
  readonly force: boolean;
}
