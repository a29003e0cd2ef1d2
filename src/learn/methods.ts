// The learning methods by name: those that come with the program, and those that modules of others have registered.
import { byPlugin, pluginOf, settingsOf } from '../core/plugins.js';
import { bootstrapMethod } from './bootstrap-method.js';
import type { LearnConfig } from './config.js';
import { ganMethod } from './gan-method.js';
import { matchingMethod } from './matching-method.js';
import type { LearnMethod, MethodPlugin } from './method.js';

const methods: Record<Exclude<LearnConfig['method'], typeof byPlugin>, LearnMethod> = {
  matching: matchingMethod,
  gan: ganMethod,
  bootstrap: bootstrapMethod,
};

/** @throws AsrError 'dependency' where the module of a plug-in was not loaded */
export function methodOf({ method, plugin: setting }: LearnConfig): LearnMethod {
  if (method !== byPlugin) return methods[method];
  const plugin = pluginOf<MethodPlugin>('method', setting);
  const settings = settingsOf(plugin, setting);
  return { name: plugin.name, train: (io, seed) => plugin.train(io, settings, seed) };
}
