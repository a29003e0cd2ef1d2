"""K-means and PCA of faiss, scikit-learn and numpy on the same rows as ours (answering.py)."""
import os

os.environ.setdefault('OPENBLAS_NUM_THREADS', os.environ.get('OMP_NUM_THREADS', '2'))
import numpy as np
from answering import answers, serve

x = None


@answers('numpy')
def start(rows, columns, path):
    global x
    x = np.fromfile(path, dtype=np.float32).reshape(rows, columns)


@answers('scikit-learn')
def kmeans(count, iterations, threads):
    from sklearn.cluster import KMeans

    # Lloyd's iterations from given seeds; the tolerance is never met.
    model = KMeans(count, init=x[:count].copy(), n_init=1, max_iter=iterations, tol=0, algorithm='lloyd', copy_x=False)
    return lambda: {'inertia': float(model.fit(x).inertia_) / len(x), 'iterations': int(model.n_iter_)}


@answers('faiss-cpu')
def faiss_kmeans(count, iterations, threads):
    import faiss

    faiss.omp_set_num_threads(threads)
    # All rows, as ours: by itself it takes 256 a cluster.
    model = faiss.Kmeans(x.shape[1], count, niter=iterations, max_points_per_centroid=len(x), seed=1)

    def work():
        model.train(x, init_centroids=x[:count].copy())
        return {'inertia': float(model.obj[-1]) / len(x)}

    return work


@answers('scikit-learn')
def pca(components, threads):
    from sklearn.decomposition import PCA

    model = PCA(components, svd_solver='randomized', random_state=0)
    return lambda: {'variance': float(model.fit(x).explained_variance_[0])}


@answers('faiss-cpu')
def faiss_pca(components, threads):
    import faiss

    faiss.omp_set_num_threads(threads)
    # All rows, as ours: by itself it takes a thousand a column.
    model = faiss.PCAMatrix(x.shape[1], components)
    model.max_points_per_d = 1 + len(x) // x.shape[1]

    def work():
        model.train(x)
        return {'variance': float(faiss.vector_to_array(model.eigenvalues)[0])}

    return work


@answers('numpy')
def covariance(components, threads):
    # What a careful user does with many more rows than columns.
    def work():
        centred = x - x.mean(0)
        return {'variance': float(np.linalg.eigh(centred.T @ centred / len(x))[0][-1])}

    return work


serve()
