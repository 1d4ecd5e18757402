"""TensorFlow on the CPU: the same model, batches and first values as ours, step by step. Started by tensorflow.ts."""
import json
import os
import sys
import time

folder, threads = sys.argv[1], int(sys.argv[2])
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
meta = json.load(open(f"{folder}/shape.json"))
fields, dimension, batch = meta["fields"], meta["dimension"], meta["batchSize"]


def read(name, dtype, shape):
    return np.fromfile(f"{folder}/{name}", dtype=dtype).reshape(shape)


rows = read("rows", np.int32, (-1, fields))
labels = read("labels", np.uint8, (-1, 1)).astype(np.float32)
table = tf.Variable(read("table", np.float32, (-1, dimension)))
linear = tf.Variable(np.zeros((meta["rows"], 1), np.float32))
bias = tf.Variable(np.zeros((1, 1), np.float32))
dense = [tf.Variable(read(f"dense.{i}", np.float32, shape)) for i, shape in enumerate(meta["dense"])]
variables = [table, linear, bias, *dense]
optimizer = tf.keras.optimizers.Adam(meta["learningRate"], epsilon=1e-8)
optimizer.build(variables)


def summed(gradient):
    """Keras's Adam squares the rows of a sparse gradient before it adds up those of one index: they are added up here."""
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    ids, at = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, at, tf.size(ids))
    return tf.IndexedSlices(values, ids, gradient.dense_shape)


@tf.function
def train(ids, wanted):
    with tf.GradientTape() as tape:
        x = tf.gather(table, ids)
        sums = tf.reduce_sum(tf.gather(linear, ids), axis=1)
        pairwise = 0.5 * tf.reduce_sum(tf.reduce_sum(x, 1) ** 2 - tf.reduce_sum(x**2, 1), 1, keepdims=True)
        h = tf.reshape(x, (-1, fields * dimension))
        for weight, shift in zip(dense[0:-1:2], dense[1::2]):
            h = tf.nn.relu(h @ weight + shift)
        logits = bias + sums + pairwise + h @ dense[-1]
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=wanted, logits=logits))
    gradients = [summed(gradient) for gradient in tape.gradient(loss, variables)]
    optimizer.apply_gradients(zip(gradients, variables))
    return loss


step = 0
for line in sys.stdin:
    losses = []
    begun = time.perf_counter()
    for _ in range(int(line)):
        first = step * batch % len(rows)
        losses.append(float(train(tf.constant(rows[first : first + batch]), tf.constant(labels[first : first + batch]))))
        step += 1
    print(json.dumps({"ms": (time.perf_counter() - begun) * 1000, "losses": losses}), flush=True)
