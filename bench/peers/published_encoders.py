# Checkpoints with random weights as they are published, and the states that transformers computes from them, for
# `npm run bench -- published FOLDER` and test/fixtures/published.
#   pip install torch transformers safetensors numpy omegaconf
#   python published_encoders.py small OUT    # fixtures: 16 channels, 2 blocks, one folder a family
#   python published_encoders.py varied OUT   # other widths, kernels, strides, heads, reaches, kinds of files
import argparse, json, os, sys, types
from collections import OrderedDict
import numpy as np
import torch
import transformers as t

SOUNDS = {'long': 8000, 'short': 3200}


def sound(samples):
    x = np.arange(samples) / 16000
    noise = np.random.RandomState(3).standard_normal(samples)
    return (0.2 * np.sin(2 * np.pi * (140 + 60 * x) * x) + 0.1 * np.sin(2 * np.pi * 900 * x) + 0.02 * noise + 0.01).astype(np.float32)


def scramble(model, seed):
    """Weights that leave nothing idle: norms, biases, gates and positions all matter."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, value in [*model.named_parameters(), *model.named_buffers()]:
            if not value.is_floating_point() or ('embed_positions' in name and 'encoder' in name):
                continue
            n = torch.randn(value.shape)
            if name.endswith(('original0', 'weight_g')): new = 0.5 + 0.1 * n
            elif name.endswith(('original1', 'weight_v')): new = n
            elif name.endswith('running_var'): new = 0.5 + n.abs()
            elif name.endswith('gru_rel_pos_const'): new = 1 + 0.3 * n
            elif value.dim() == 1: new = 1 + 0.2 * n if 'norm' in name and name.endswith('weight') else 0.1 * n
            elif 'embed' in name and 'conv' not in name: new = n
            else: new = n * (1.4 if 'conv_layers' in name else 1) / np.sqrt(np.prod(value.shape[1:]))
            value.copy_(new)
    return model.eval()


def inner(model):
    return getattr(model, model.base_model_prefix, model) if type(model).__name__.endswith(('CTC', 'PreTraining')) else model


@torch.no_grad()
def states(model, inputs):
    """Before the first block and after each, by hooks: transformers' own lists differ between versions."""
    model = inner(model).float()
    seen = []
    hooks = [layer.register_forward_hook(lambda _, a, out: seen.append(out[0] if isinstance(out, tuple) else out)) for layer in model.encoder.layers]
    hooks.append(model.encoder.layers[0].register_forward_pre_hook(lambda _, a, k: seen.insert(0, a[0] if a else k['hidden_states']), with_kwargs=True))
    model(**inputs)
    for hook in hooks: hook.remove()
    return torch.stack(seen)[:, 0].contiguous().numpy()


def whisper_states(model, x):
    from transformers.models.whisper.modeling_whisper import WhisperEncoder
    mel = t.WhisperFeatureExtractor(feature_size=model.config.num_mel_bins)(x, sampling_rate=16000, padding='longest', return_tensors='pt').input_features
    positions = (mel.shape[-1] + 1) // 2
    short = WhisperEncoder(type(model.config)(**{**model.config.to_dict(), 'max_source_positions': positions})).eval()
    weights = {k: v.float() for k, v in model.model.encoder.state_dict().items()}
    weights['embed_positions.weight'] = weights['embed_positions.weight'][:positions]
    short.load_state_dict(weights)
    seen = []
    for layer in short.layers: layer.register_forward_hook(lambda _, a, out: seen.append(out[0] if isinstance(out, tuple) else out))
    short.layers[0].register_forward_pre_hook(lambda _, a, k: seen.insert(0, a[0] if a else k['hidden_states']), with_kwargs=True)
    with torch.no_grad(): short(mel)
    return torch.stack(seen)[:, 0].contiguous().numpy()


def base(hidden=16, conv=8, blocks=2, heads=2, inner_size=24, groups=4, **more):
    return dict(dict(hidden_size=hidden, num_hidden_layers=blocks, num_attention_heads=heads, intermediate_size=inner_size, conv_dim=(conv,) * 7, num_conv_pos_embeddings=16,
                num_conv_pos_embedding_groups=groups, vocab_size=6, num_codevectors_per_group=4, codevector_dim=8, proj_codevector_dim=8), **more)


GROUP = dict(feat_extract_norm='group', do_stable_layer_norm=False, conv_bias=False)
LAYER = dict(feat_extract_norm='layer', do_stable_layer_norm=True, conv_bias=True)
BERT = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, vocab_size=6)
WHISPER = dict(vocab_size=8, d_model=16, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=24, decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=24,
               max_target_positions=4, max_source_positions=64, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1)

SMALL = {
    'wav2vec2-base': (t.Wav2Vec2ForPreTraining, t.Wav2Vec2Config(**base(**GROUP)), {}, {}),
    'wav2vec2-large': (t.Wav2Vec2ForCTC, t.Wav2Vec2Config(**base(**LAYER, adapter_attn_dim=4)), dict(return_attention_mask=True), {}),
    'hubert': (t.HubertModel, t.HubertConfig(**base(**GROUP, conv_pos_batch_norm=True, feat_proj_layer_norm=False)), {}, {}),
    'wavlm': (t.WavLMModel, t.WavLMConfig(**base(**LAYER)), dict(return_attention_mask=True), {}),
    'data2vec': (t.Data2VecAudioModel, t.Data2VecAudioConfig(**base(num_conv_pos_embeddings=2, conv_pos_kernel_size=5)), dict(return_attention_mask=True), {}),
    'unispeech-sat': (t.UniSpeechSatModel, t.UniSpeechSatConfig(**base(**GROUP)), {}, dict(bin='legacy')),
    'wav2vec2-bert': (t.Wav2Vec2BertModel, t.Wav2Vec2BertConfig(**BERT), None, {}),
    'whisper': (t.WhisperForConditionalGeneration, t.WhisperConfig(**WHISPER), None, {}),
}
VARIED = {
    'wav2vec2-uneven': (t.Wav2Vec2Model, t.Wav2Vec2Config(**base(**GROUP, hidden=24, heads=3, blocks=5, groups=8) | dict(conv_dim=(8, 12, 12, 16, 16, 20, 24))), {}, dict(bin='zip')),
    'wav2vec2-strides': (t.Wav2Vec2Model, t.Wav2Vec2Config(**base(**LAYER, blocks=3, num_conv_pos_embeddings=31) | dict(conv_dim=(8,) * 5, conv_kernel=(10, 8, 4, 4, 4), conv_stride=(5, 4, 2, 2, 2))), dict(return_attention_mask=True), dict(old=True)),
    'xlsr-f16-shards': (t.Wav2Vec2ForPreTraining, t.Wav2Vec2Config(**base(**LAYER, hidden=64, heads=4, inner_size=128, blocks=6)), dict(return_attention_mask=True), dict(dtype=torch.float16, shards='60KB')),
    'mms-bf16': (t.Wav2Vec2ForCTC, t.Wav2Vec2Config(**base(**LAYER, hidden=80, heads=5, inner_size=160, blocks=3, adapter_attn_dim=16)), dict(return_attention_mask=True), dict(dtype=torch.bfloat16)),
    'hubert-ctc': (t.HubertForCTC, t.HubertConfig(**base(**LAYER, hidden=48, heads=6)), dict(return_attention_mask=True), dict(bin='legacy', dtype=torch.float16)),
    'wavlm-wide': (t.WavLMModel, t.WavLMConfig(**base(**GROUP, hidden=96, heads=4, blocks=3, num_buckets=64, max_bucket_distance=20)), dict(do_normalize=False), dict(old=True)),
    'data2vec-ctc': (t.Data2VecAudioForCTC, t.Data2VecAudioConfig(**base(hidden=32, heads=8, num_conv_pos_embeddings=4, conv_pos_kernel_size=9)), dict(return_attention_mask=True), {}),
    'wav2vec2-bert-reach': (t.Wav2Vec2BertForCTC, t.Wav2Vec2BertConfig(**BERT | dict(hidden_size=80, num_attention_heads=5, num_hidden_layers=4, left_max_position_embeddings=5, right_max_position_embeddings=3, conv_depthwise_kernel_size=7)), None, {}),
    'whisper-128': (t.WhisperForConditionalGeneration, t.WhisperConfig(**WHISPER | dict(num_mel_bins=128, d_model=96, encoder_attention_heads=3, encoder_layers=4)), None, dict(dtype=torch.float16)),
}


def old_names(state):
    return {k.replace('parametrizations.weight.original0', 'weight_g').replace('parametrizations.weight.original1', 'weight_v'): v for k, v in state.items()}


def save(folder, model, extractor, how):
    model = model.to(how.get('dtype', torch.float32))
    model.save_pretrained(folder, max_shard_size=how.get('shards', '5GB'))
    extractor.save_pretrained(folder)
    for extra in ('generation_config.json', 'README.md'):
        if os.path.exists(os.path.join(folder, extra)): os.remove(os.path.join(folder, extra))
    file = os.path.join(folder, 'model.safetensors')
    if how.get('old') or how.get('bin'):
        from safetensors.torch import load_file, save_file
        state = old_names(load_file(file))
        os.remove(file)
        if how.get('bin'): torch.save(OrderedDict(state), os.path.join(folder, 'pytorch_model.bin'), _use_new_zipfile_serialization=how['bin'] == 'zip')
        else: save_file(state, file, metadata={'format': 'pt'})


def extractor_for(name, model, settings):
    if 'bert' in name and 'wav2vec2' in name: return t.SeamlessM4TFeatureExtractor(feature_size=80, num_mel_bins=80, sampling_rate=16000, padding_value=1, stride=2)
    if 'whisper' in name: return t.WhisperFeatureExtractor(feature_size=model.config.num_mel_bins)
    return t.Wav2Vec2FeatureExtractor(feature_size=1, sampling_rate=16000, padding_value=0.0, **{'do_normalize': True, **settings})


def fairseq_names(state, layer_norm, stack):
    out = {}
    for k, v in old_names(state).items():
        k = k.split('.', 1)[1] if k.split('.', 1)[0] in ('wav2vec2', 'hubert', 'wavlm', 'data2vec_audio') else k
        if k.startswith('feature_extractor'): k = k.replace('.layer_norm', '.2.1' if layer_norm else '.2').replace('.conv.', '.0.')
        k = k.replace('feature_projection.layer_norm', 'layer_norm').replace('feature_projection.projection', 'post_extract_proj').replace('masked_spec_embed', 'mask_emb')
        if stack: k = k.replace('encoder.pos_conv_embed.layers.', 'encoder.pos_conv.').replace('.conv.', '.0.') if 'pos_conv' in k else k
        else: k = k.replace('encoder.pos_conv_embed.conv', 'encoder.pos_conv.0')
        if k.startswith('encoder.layers.'):
            k = k.replace('.layer_norm.', '.self_attn_layer_norm.').replace('.attention.gru_rel_pos_linear', '.self_attn.grep_linear').replace('.attention.gru_rel_pos_const', '.self_attn.grep_a')
            k = k.replace('.attention.rel_attn_embed', '.self_attn.relative_attention_bias').replace('.attention.', '.self_attn.').replace('feed_forward.intermediate_dense', 'fc1').replace('feed_forward.output_dense', 'fc2')
        out[k] = v
    return out


def fairseq(out, name, cls, config, normalize, kind, seed, stack=False):
    model = scramble(cls(config), seed)
    layer_norm = getattr(config, 'feat_extract_norm', 'layer') == 'layer'
    state = fairseq_names({k: v.clone() for k, v in model.state_dict().items()}, layer_norm, stack)
    settings = {'_name': kind, 'extractor_mode': 'layer_norm' if layer_norm else 'default', 'encoder_layers': config.num_hidden_layers, 'encoder_embed_dim': config.hidden_size,
                'encoder_attention_heads': config.num_attention_heads, 'layer_norm_first': getattr(config, 'do_stable_layer_norm', False), 'normalize': normalize,
                'conv_feature_layers': '[(8, 10, 5)] + [(8, 3, 2)] * 4 + [(8,2,2)] + [(8,2,2)]'}
    if kind == 'hubert':  # the dictionary of targets lies beside the weights, as an object of fairseq
        module = types.ModuleType('fairseq.data.dictionary')
        module.Dictionary = type('Dictionary', (), {'__module__': 'fairseq.data.dictionary'})
        sys.modules.update({'fairseq': types.ModuleType('fairseq'), 'fairseq.data': types.ModuleType('fairseq.data'), 'fairseq.data.dictionary': module})
        words = module.Dictionary()
        words.symbols, words.count = ['<s>', '0'], [1, 2]
        checkpoint = {'args': None, 'cfg': {'model': settings, 'task': {'_name': 'hubert_pretraining', 'normalize': normalize}}, 'model': state, 'task_state': {'dictionaries': [words]}}
    elif kind == 'wav2vec_ctc':  # fine-tuned: another model around it, settings of an early hydra as omegaconf's objects
        from omegaconf import OmegaConf
        state = {f'w2v_encoder.w2v_model.{k}': v for k, v in state.items()} | {'w2v_encoder.proj.weight': torch.zeros(6, config.hidden_size)}
        checkpoint = {'args': None, 'cfg': OmegaConf.create({'model': {'_name': kind, 'w2v_args': {'model': {**settings, '_name': 'wav2vec2'}, 'task': {'normalize': normalize}}}, 'task': {'normalize': normalize}}), 'model': state}
    elif kind == 'wavlm':
        checkpoint = {'cfg': {**settings, 'num_buckets': config.num_buckets, 'max_distance': config.max_bucket_distance}, 'model': state}
    else:
        checkpoint = {'args': argparse.Namespace(arch=kind, **settings), 'cfg': None, 'model': state}
    torch.save(checkpoint, os.path.join(out, f'{name}.pt'), _use_new_zipfile_serialization=kind != 'data2vec_audio')
    for k, n in SOUNDS.items():
        x = t.Wav2Vec2FeatureExtractor(do_normalize=normalize)(sound(n), sampling_rate=16000, return_tensors='pt').input_values
        np.save(os.path.join(out, f'{name}.states-{k}.npy'), states(model, {'input_values': x}))


def main(which, out):
    torch.set_num_threads(1)
    os.makedirs(out, exist_ok=True)
    for k, n in SOUNDS.items(): np.save(os.path.join(out, f'sound-{k}.npy'), sound(n))
    for seed, (name, (cls, config, settings, how)) in enumerate((SMALL if which == 'small' else VARIED).items()):
        model = scramble(cls(config), seed)
        if how.get('dtype'): model = model.to(how['dtype']).float()
        extractor = extractor_for(name, model, settings)
        folder = os.path.join(out, name)
        for k, n in SOUNDS.items():
            inputs = {} if 'whisper' in name else dict(extractor(sound(n), sampling_rate=16000, return_tensors='pt'))
            found = whisper_states(model, sound(n)) if 'whisper' in name else states(model, inputs)
            os.makedirs(folder, exist_ok=True)
            np.save(os.path.join(folder, f'states-{k}.npy'), found.astype('<f4'))
        save(folder, model, extractor, how)
        print(name, found.shape)
    fairseq(out, 'fairseq-hubert', t.HubertModel, t.HubertConfig(**base(**GROUP)), False, 'hubert', 50)
    if which == 'varied':
        fairseq(out, 'fairseq-tuned', t.Wav2Vec2Model, t.Wav2Vec2Config(**base(**LAYER, heads=4)), True, 'wav2vec_ctc', 51)
        fairseq(out, 'wavlm', t.WavLMModel, t.WavLMConfig(**base(**LAYER)), True, 'wavlm', 52)
        fairseq(out, 'fairseq-data2vec', t.Data2VecAudioModel, t.Data2VecAudioConfig(**base(num_conv_pos_embeddings=3, conv_pos_kernel_size=5)), True, 'data2vec_audio', 53, stack=True)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2])
