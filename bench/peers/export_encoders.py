# Exports small checkpoints of speech encoders as people do: both exporters of PyTorch, with and without attention mask, in
# half precision, and Optimum. Usage: export_encoders.py CHECKPOINTS OUT; every folder of CHECKPOINTS with a config.json
# that hears a waveform becomes OUT/<folder>/<form>/{model.onnx,config.json,preprocessor_config.json}.
import json, os, shutil, subprocess, sys, traceback, warnings
import torch, transformers
from transformers import AutoModel

warnings.filterwarnings('ignore')


class Last(torch.nn.Module):
    """What a person exports: the model with one or two inputs, its last state out; or every state, by name."""
    def __init__(self, model, states=False):
        super().__init__()
        self.model, self.states = model, states
    def forward(self, input_values, attention_mask=None):
        out = self.model(input_values, attention_mask=attention_mask, output_hidden_states=self.states)
        return (out.last_hidden_state, *out.hidden_states) if self.states else out.last_hidden_state


def export(model, path, dynamo, mask, plain=True, half=False, states=False):
    dtype = torch.float16 if half else torch.float32
    model = model.to(dtype).eval()
    outputs = ['last_hidden_state'] + ([f'hidden_states.{i}' for i in range(model.config.num_hidden_layers + 1)] if states else [])
    args = (torch.randn(2, 16000).to(dtype), torch.ones(2, 16000, dtype=torch.long)) if mask else (torch.randn(2, 16000).to(dtype),)
    inputs = ['input_values', 'attention_mask'][:len(args)]
    whole = model if plain else Last(model, states)
    more = {'output_names': outputs} if not plain else {}
    with torch.inference_mode(False), torch.no_grad():
        if dynamo:
            shapes = {name: {0: torch.export.Dim('batch'), 1: torch.export.Dim('samples', min=400)} for name in inputs}
            torch.onnx.export(whole, args=(), kwargs=dict(zip(inputs, args)), f=path, dynamo=True, dynamic_shapes=shapes if plain is False else {k: v for k, v in shapes.items()},
                              input_names=inputs, verbose=False, external_data=False, **more)
        else:
            axes = {name: {0: 'batch', 1: 'samples'} for name in inputs} | {name: {0: 'batch', 1: 'frames'} for name in outputs}
            torch.onnx.export(Last(model, states), args, path, dynamo=False, input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=17)


FORMS = {
    'dynamo': dict(dynamo=True, mask=False),
    'dynamo-mask': dict(dynamo=True, mask=True),
    'dynamo-wrapped': dict(dynamo=True, mask=False, plain=False),
    'dynamo-states': dict(dynamo=True, mask=False, plain=False, states=True),
    'legacy': dict(dynamo=False, mask=False),
    'legacy-mask': dict(dynamo=False, mask=True),
    'dynamo-f16': dict(dynamo=True, mask=False, half=True),
    'legacy-f16': dict(dynamo=False, mask=False, half=True),
    'optimum': None,
}


def main(source, out, only=None, forms=None):
    print(json.dumps({'torch': torch.__version__, 'transformers': transformers.__version__}), flush=True)
    for name in sorted(os.listdir(source)):
        folder = os.path.join(source, name)
        if only and name not in only.split(',') or not os.path.exists(os.path.join(folder, 'config.json')): continue
        config = json.load(open(os.path.join(folder, 'config.json')))
        if config['model_type'] in ('whisper', 'wav2vec2-bert'): continue
        for form, how in FORMS.items():
            if forms and form not in forms.split(','): continue
            into = os.path.join(out, name, form)
            shutil.rmtree(into, ignore_errors=True)
            os.makedirs(into)
            try:
                if how is None:
                    program = os.path.join(os.path.dirname(sys.executable), 'optimum-cli')
                    done = subprocess.run([program, 'export', 'onnx', '--model', folder, '--task', 'feature-extraction', into], capture_output=True, text=True)
                    if not os.path.exists(os.path.join(into, 'model.onnx')): raise RuntimeError((done.stderr.strip().splitlines() or ['no message'])[-1])
                else:
                    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
                    export(model, os.path.join(into, 'model.onnx'), **how)
                    for file in ('config.json', 'preprocessor_config.json'): shutil.copy(os.path.join(folder, file), into)
                print(json.dumps({'family': name, 'form': form, 'ok': True}), flush=True)
            except Exception as error:
                shutil.rmtree(into, ignore_errors=True)
                print(json.dumps({'family': name, 'form': form, 'ok': False, 'why': f'{type(error).__name__}: {str(error).strip().splitlines()[0][:200] if str(error).strip() else ""}'}), flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
