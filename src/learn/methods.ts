// The learning methods by name: those that come with the program and those of others, by the same definitions.
import { byPlugin, chosenWay, registerBuiltIn } from '../core/plugins.js';
import { bootstrapMethod } from './bootstrap-method.js';
import type { LearnConfig } from './config.js';
import { ganMethod } from './gan-method.js';
import { matchingMethod } from './matching-method.js';
import type { LearnMethod, MethodPlugin } from './method.js';

registerBuiltIn([matchingMethod, ganMethod, bootstrapMethod]);

/**
 * @param name another than the recipe's, which that one starts from
 * @throws AsrError 'dependency' where the module of a plug-in was not loaded
 */
export function methodOf(config: LearnConfig, name: string = config.method): LearnMethod {
  const sections: Readonly<Record<string, unknown>> = config;
  const own = name === byPlugin ? undefined : (sections[name] as Record<string, unknown> | undefined);
  const { way, settings } = chosenWay<MethodPlugin>('method', name, config.plugin, own);
  return {
    name: way.name,
    train: (io, seed, earlier) => way.train(io, settings, seed, earlier),
    startsFrom: way.startsFrom?.(settings),
    halving: way.halving?.(settings),
  };
}
