"""K-means and PCA of scikit-learn on the same rows as ours, timed on request: a JSON line in, a JSON line out."""
import json
import os
import sys
import time

import numpy as np


def rows(count, columns, path):
    return np.fromfile(path, dtype=np.float32).reshape(count, columns)


def main():
    x = None
    for line in sys.stdin:
        command = json.loads(line)
        what = command["do"]
        begin, used = time.perf_counter(), time.process_time()
        more = {}
        if what == "start":
            x = rows(command["rows"], command["columns"], command["path"])
            import sklearn

            more = {"sklearn": sklearn.__version__}
        elif what == "kmeans":
            from sklearn.cluster import KMeans

            # Lloyd's iterations from given seeds; the tolerance is never met.
            seeds = x[: command["count"]].copy()
            model = KMeans(command["count"], init=seeds, n_init=1, max_iter=command["iterations"], tol=0, algorithm="lloyd", copy_x=False).fit(x)
            more = {"inertia": float(model.inertia_) / len(x), "iterations": int(model.n_iter_)}
        elif what == "pca":
            from sklearn.decomposition import PCA

            model = PCA(command["components"], svd_solver="full" if command.get("full") else "randomized", random_state=0).fit(x)
            more = {"variance": float(model.explained_variance_[0])}
        elif what == "covariance":
            # What a careful user does with many more rows than columns.
            centred = x - x.mean(0)
            values, _ = np.linalg.eigh(centred.T @ centred / len(x))
            more = {"variance": float(values[-1])}
        print(json.dumps({"ms": 1000 * (time.perf_counter() - begin), "cpuMs": 1000 * (time.process_time() - used), **more}), flush=True)


os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "2"))
main()
