# Answers one JSON line {"path": FILE} with another: whether onnx's own checker, shapes and types included, accepts the file.
import json, sys
import onnx

for line in sys.stdin:
    path = json.loads(line)['path']
    try:
        onnx.checker.check_model(path, full_check=True)
        print(json.dumps({'ok': True, 'onnx': onnx.__version__}), flush=True)
    except Exception as error:
        print(json.dumps({'ok': False, 'why': str(error).strip().splitlines()[0][:300]}), flush=True)
