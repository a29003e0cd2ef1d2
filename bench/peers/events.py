# Reads TensorBoard event files as TensorBoard does: a folder a line in, all its scalars by tag out.
# Needs: pip install tensorboard
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

for line in sys.stdin:
    folder = json.loads(line)["folder"]
    events = EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0}).Reload()
    tags = events.Tags()
    scalars = {tag: [[e.step, e.value, e.wall_time] for e in events.Scalars(tag)] for tag in tags["scalars"]}
    for tag in tags["tensors"]:
        scalars[tag] = [
            [e.step, float(e.tensor_proto.float_val[0]) if e.tensor_proto.float_val else None, e.wall_time]
            for e in events.Tensors(tag)
        ]
    print(json.dumps({"scalars": scalars}), flush=True)
