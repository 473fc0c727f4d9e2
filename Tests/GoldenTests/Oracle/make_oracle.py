"""Writes oracle.npz and oracle.nns: expressions of nnsh beside what NumPy gives for them.

Run with NumPy installed: python3 make_oracle.py. The script loads the archive and compares each
value with nnsh's own to 1e-5 relative; the test that runs it needs no Python.
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent

draw = np.random.default_rng(20)
f32 = np.float32
A = draw.standard_normal((4, 5)).astype(f32)
B = draw.standard_normal((5, 3)).astype(f32)
C = draw.standard_normal((4, 5)).astype(f32)
P = (draw.random((4, 5)) + 0.1).astype(f32)
v = draw.standard_normal(5).astype(f32)
w = draw.standard_normal(5).astype(f32)
T = draw.standard_normal((2, 3, 4)).astype(f32)
S = draw.standard_normal((5, 5)).astype(f32)
I = np.array([3, 1, 2], f32)
labels = np.array([0, 2, 1, 2], f32)
big = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [1, 2, 3]], f32)
inputs = {"A": A, "B": B, "C": C, "P": P, "v": v, "w": w, "T": T, "S": S, "I": I}
inputs |= {"labels": labels, "big": big}


def softmax(x):
    x = x.astype(np.float64)
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def erf(x):
    from math import erf as scalar

    return np.vectorize(scalar)(x.astype(np.float64))


Q = np.eye(5)[[0, 3, 1, 4]]
p = softmax(A)

CASES = [
    # arithmetic and broadcasting
    ("A + C", A + C),
    ("A - v", A - v),
    ("A * reshape([1, 2, 3, 4], 4, 1)", A * np.array([[1], [2], [3], [4]])),
    ("A / P", A / P),
    ("P ^ 1.5", P**1.5),
    ("P ^ C", P**C),
    ("2 ^ A", 2**A),
    ("A % 0.7", np.mod(A, f32(0.7))),
    ("-7 % 3", np.mod(-7, 3)),
    ("-2 ^ 2", -(2**2)),
    ("2 ^ 3 ^ 2", 2**9),
    ("2 ^ -1", 0.5),
    ("1 - A * 2 + A / 4", 1 - A * 2 + A / 4),
    ("reshape(v, 5, 1) * w", v[:, None] * w),
    ("T + [1, 2, 3, 4]", T + np.array([1, 2, 3, 4])),
    ("T * reshape([1, 2, 3], 3, 1)", T * np.array([[1], [2], [3]])),
    ("1 / [1, 2, 4]", 1 / np.array([1, 2, 4])),
    ("A > 0", A > 0),
    ("(A > 0) * C", (A > 0) * C),
    ("A == A", A == A),
    ("A' @ C", A.T @ C),
    ("A @ B", A @ B),
    ("A @ v", A @ v),
    ("v @ B", v @ B),
    ("v @ w", v @ w),
    ("T @ transpose(T, [0, 2, 1])", T @ T.transpose(0, 2, 1)),
    ("matmul(A, B)", A @ B),
    ("f64(A) @ f64(B)", A.astype(float) @ B.astype(float)),
    ("outer(v, w)", np.outer(v, w)),
    ("dot(v, w)", v @ w),
    ("trace(S)", np.trace(S)),
    ("diag(S)", np.diag(S)),
    ("diag(v)", np.diag(v)),
    # indexing
    ("A[0]", A[0]),
    ("A[-1]", A[-1]),
    ("A[1, 2]", A[1, 2]),
    ("A[:, 1]", A[:, 1]),
    ("A[1:3, :]", A[1:3, :]),
    ("A[::2]", A[::2]),
    ("A[::-1]", A[::-1]),
    ("A[:, -2:]", A[:, -2:]),
    ("A[1:100]", A[1:100]),
    ("A[[3, 1, 2]]", A[[3, 1, 2]]),
    ("A[[0, -1], :]", A[[0, -1], :]),
    ("A[:, [0, 2]]", A[:, [0, 2]]),
    ("A[A > 0]", A[A > 0]),
    ("A[v[0:4] > 0]", A[v[0:4] > 0]),
    ("T[1, :, 2]", T[1, :, 2]),
    ("T[:, 1]", T[:, 1]),
    ("v[1:-1]", v[1:-1]),
    ("A.T", A.T),
    # making
    ("zeros(2, 3)", np.zeros((2, 3))),
    ("ones([3, 2])", np.ones((3, 2))),
    ("full([2, 2], 7)", np.full((2, 2), 7)),
    ("eye(3)", np.eye(3)),
    ("arange(5)", np.arange(5)),
    ("arange(2, 10, 3)", np.arange(2, 10, 3)),
    ("arange(0, 1, 0.25)", np.arange(0, 1, 0.25)),
    ("linspace(0, 1, 5)", np.linspace(0, 1, 5)),
    ("one_hot([0, 2, 1], 3)", np.eye(3)[[0, 2, 1]]),
    # shape
    ("reshape(A, 2, 10)", A.reshape(2, 10)),
    ("reshape(A, [10, -1])", A.reshape(10, -1)),
    ("transpose(A)", A.T),
    ("transpose(T, [2, 0, 1])", T.transpose(2, 0, 1)),
    ("concat([A, C])", np.concatenate([A, C])),
    ("concat([A, C], axis=1)", np.concatenate([A, C], axis=1)),
    ("stack([v, w])", np.stack([v, w])),
    ("stack([v, w], axis=1)", np.stack([v, w], axis=1)),
    ("squeeze(reshape(v, 1, 5))", v),
    ("expand_dims(v, 0)", v[None]),
    ("expand_dims(v, -1)", v[:, None]),
    ("repeat(v, 2)", np.repeat(v, 2)),
    ("repeat(A, 3, axis=0)", np.repeat(A, 3, axis=0)),
    ("size(T)", T.size),
    ("ndim(T)", T.ndim),
    ("tensor(shape(T))", np.array(T.shape)),
    # elementwise
    ("exp(A)", np.exp(A)),
    ("log(P)", np.log(P)),
    ("log1p(P)", np.log1p(P)),
    ("sqrt(P)", np.sqrt(P)),
    ("abs(A)", np.abs(A)),
    ("sign(A)", np.sign(A)),
    ("sin(A)", np.sin(A)),
    ("cos(A)", np.cos(A)),
    ("tanh(A)", np.tanh(A)),
    ("sigmoid(A)", sigmoid(A)),
    ("gelu(A)", A * 0.5 * (1 + erf(A / np.sqrt(2)))),
    ("softplus(A)", np.log1p(np.exp(A.astype(float)))),
    ("softplus(100 * A)", np.logaddexp(0, 100 * A.astype(float))),
    ("relu(A)", np.maximum(A, 0)),
    ("gradRelu(A)", A > 0),
    ("floor(A)", np.floor(A)),
    ("ceil(A)", np.ceil(A)),
    ("round(A * 2)", np.round(A * 2)),
    ("round([0.5, 1.5, 2.5, -0.5])", np.array([0, 2, 2, 0])),
    ("minimum(A, C)", np.minimum(A, C)),
    ("maximum(A, 0.1)", np.maximum(A, f32(0.1))),
    ("clip(A, -0.5, 0.5)", np.clip(A, -0.5, 0.5)),
    ("where(A > 0, A, C)", np.where(A > 0, A, C)),
    ("where(A > 0, 1, 0)", np.where(A > 0, 1, 0)),
    ("isnan([1, nan, inf])", np.array([False, True, False])),
    ("isfinite([1, nan, inf])", np.array([True, False, False])),
    # reductions
    ("sum(A)", A.sum(dtype=float)),
    ("sum(A, axis=0)", A.sum(0)),
    ("sum(A, axis=-1, keepdims=true)", A.sum(-1, keepdims=True)),
    ("sum(T, axis=[0, 2])", T.sum((0, 2))),
    ("mean(A)", A.mean(dtype=float)),
    ("mean(T, axis=1)", T.mean(1)),
    ("var(A)", A.var(dtype=float)),
    ("var(A, axis=0)", A.var(0)),
    ("std(A, axis=1, keepdims=true)", A.std(1, keepdims=True)),
    ("min(A)", A.min()),
    ("max(A, axis=1)", A.max(1)),
    ("prod(A, axis=0)", A.prod(0)),
    ("argmin(A, axis=1)", A.argmin(1)),
    ("argmax(A)", A.argmax()),
    ("argmax(A, axis=0)", A.argmax(0)),
    ("norm(A)", np.linalg.norm(A)),
    ("norm(A, axis=1)", np.linalg.norm(A, axis=1)),
    ("any(A > 2)", bool((A > 2).any())),
    ("all(P > 0, axis=1)", (P > 0).all(1)),
    ("cumsum(v)", v.cumsum()),
    ("cumsum(A, axis=0)", A.cumsum(0)),
    ("sort(v)", np.sort(v)),
    ("sort(A)", np.sort(A)),
    ("argsort(v)", np.argsort(v, kind="stable")),
    ("unique([3, 1, 2, 1, 3])", np.array([1, 2, 3])),
    ("bincount([0, 1, 1, 4])", np.bincount([0, 1, 1, 4])),
    # softmax, losses, the report's functions
    ("softmax(A)", p),
    ("softmax(v)", softmax(v)),
    ("softmax(big)", softmax(big)),
    ("compute(A, B, [1, 2, 3])", A @ B + np.array([1, 2, 3])),
    ("averageCE(one_hot([0, 3, 1, 4], 5), softmax(A))", -np.mean(Q * np.log(p))),
    ("cross_entropy(one_hot([0, 3, 1, 4], 5), softmax(A))", -np.mean((Q * np.log(p)).sum(1))),
    ("gradCE(one_hot([0, 3, 1, 4], 5), softmax(A))", p - Q),
    ("mse(A, C)", np.mean((A.astype(float) - C) ** 2)),
    ("accuracy(one_hot(labels, 3), A[:, 0:3])", np.mean(A[:, :3].argmax(1) == labels)),
    ("dL_dW_o(one_hot([0, 3, 1, 4], 5), softmax(A), P)", P.T @ (p - Q)),
    ("dL_db_o(one_hot([0, 3, 1, 4], 5), softmax(A))", (p - Q).sum(0, keepdims=True)),
    # types
    ("f64(A) * 3", A.astype(float) * 3),
    ("f32(f64(A))", A),
    ("A + f64(C)", A + C.astype(float)),
]


def main():
    archive = dict(inputs)
    lines = ["# Written by make_oracle.py: nnsh against NumPy, 1e-5 relative.", "load oracle.npz as o"]
    lines += [f"{name} = o.{name}" for name in inputs]
    lines += [
        "fn compare(code, ours, theirs) {",
        "  a = f64(tensor(ours))",
        "  b = f64(tensor(theirs))",
        '  assert(a.shape == b.shape, "{code}: shape {a.shape}, NumPy\'s {b.shape}")',
        "  worst = max(abs(a - b))",
        '  assert(worst <= 1e-5 * (1 + max(abs(b))), "{code}: differs by {worst}")',
        "}",
    ]
    for number, (code, value) in enumerate(CASES):
        value = np.asarray(value, dtype=np.float64)
        archive[f"c{number}"] = value
        lines.append(f'compare("{code}", {code}, o.c{number})')
    lines.append(f'print("{len(CASES)} expressions agree with NumPy")')
    np.savez_compressed(HERE / "oracle.npz", **archive)
    (HERE / "oracle.nns").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
