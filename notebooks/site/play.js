// A network of fully connected layers with one logit: data, forward pass, backward pass, step of descent.
// Every function is pure: it changes none of its arguments. A network is a list of layers {weight: [out][in], bias: [out]},
// a batch a list of rows. tests/test_site.py holds gradients and steps to the library's numbers.
"use strict";

const Play = (() => {
  // name: [value of z, derivative of z and of the value y]; parameters as in nn.functional
  const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
  const ACTIVATIONS = {
    tanh: [Math.tanh, (z, y) => 1 - y * y],
    relu: [(z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0)],
    sigmoid: [sigmoid, (z, y) => y * (1 - y)],
    leaky_relu: [(z) => (z > 0 ? z : 0.01 * z), (z) => (z > 0 ? 1 : 0.01)],
    elu: [(z) => (z > 0 ? z : Math.expm1(z)), (z) => (z > 0 ? 1 : Math.exp(z))],
    softplus: [(z) => (z > 20 ? z : Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))), (z) => (z > 20 ? 1 : sigmoid(z))],
    silu: [(z) => z * sigmoid(z), (z) => sigmoid(z) * (1 + z * (1 - sigmoid(z)))],
    identity: [(z) => z, () => 1],
  };

  // penalty: [its value for a weight, its derivative]; weights are penalised, biases are not
  const PENALTIES = {
    none: [() => 0, () => 0],
    l1: [Math.abs, Math.sign],
    l2: [(w) => (w * w) / 2, (w) => w],
  };

  const FEATURES = {
    x: (x) => x,
    y: (x, y) => y,
    xx: (x) => x * x,
    yy: (x, y) => y * y,
    xy: (x, y) => x * y,
    sinx: (x) => Math.sin(Math.PI * x),
    siny: (x, y) => Math.sin(Math.PI * y),
  };

  // Numbers in [0, 1) from a seed: mulberry32, a generator of 32 bits of state
  function generator(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

  // name: (class 0 or 1, random) -> a point in about [-1, 1]²
  const DATA = {
    moons: (label, random) => {
      const a = Math.PI * random();
      const [x, y] = label ? [1 - Math.cos(a), 0.5 - Math.sin(a)] : [Math.cos(a), Math.sin(a)];
      return [(x - 0.5) * 0.6, (y - 0.25) * 0.8];
    },
    circles: (label, random) => {
      const a = 2 * Math.PI * random();
      const r = label ? 0.35 * Math.sqrt(random()) : 0.65 + 0.2 * random();
      return [r * Math.cos(a), r * Math.sin(a)];
    },
    xor: (label, random) => {
      const [x, y] = [0.08 + 0.8 * random(), 0.08 + 0.8 * random()];
      const side = random() < 0.5 ? 1 : -1;
      return [side * x, (label ? -side : side) * y];
    },
    spirals: (label, random) => {
      const t = Math.sqrt(random());
      const a = 3.2 * Math.PI * t + Math.PI * label;
      return [0.9 * t * Math.cos(a), 0.9 * t * Math.sin(a)];
    },
    blobs: (label, random) => {
      const c = label ? 0.42 : -0.42;
      return [c + 0.16 * normal(random), c + 0.16 * normal(random)];
    },
  };

  // n points of two classes, in random order: {points: [n][2], targets: [n]}
  function dataset(name, n, noise, seed) {
    const random = generator(seed);
    const points = [];
    const targets = [];
    for (let i = 0; i < n; i++) {
      const label = random() < 0.5 ? 0 : 1;
      const [x, y] = DATA[name](label, random);
      points.push([x + noise * normal(random), y + noise * normal(random)]);
      targets.push(label);
    }
    return { points, targets };
  }

  const features = (points, names) => points.map(([x, y]) => names.map((name) => FEATURES[name](x, y)));

  // Uniform in ±1/√in, weights and biases, as nn.Linear begins. sizes: [inputs, units of each hidden layer ..., 1]
  function initial(sizes, seed) {
    const random = generator(seed);
    return sizes.slice(1).map((out, k) => {
      const bound = 1 / Math.sqrt(sizes[k]);
      const draw = () => bound * (2 * random() - 1);
      return { weight: Array.from({ length: out }, () => Array.from({ length: sizes[k] }, draw)), bias: Array.from({ length: out }, draw) };
    });
  }

  const affine = (layer, rows) =>
    rows.map((row) => layer.weight.map((w, i) => w.reduce((sum, weight, j) => sum + weight * row[j], layer.bias[i])));

  // {outputs: the batch and each hidden layer's values, sums: each layer's z, logits: [n]}
  function forward(network, inputs, activation) {
    const value = ACTIVATIONS[activation][0];
    const outputs = [inputs];
    const sums = [];
    network.forEach((layer, k) => {
      sums.push(affine(layer, outputs[k]));
      if (k < network.length - 1) outputs.push(sums[k].map((row) => row.map(value)));
    });
    return { outputs, sums, logits: sums[sums.length - 1].map((row) => row[0]) };
  }

  // Mean cross-entropy of logits z and targets t in {0, 1}: max(z, 0) − z t + log(1 + e^−|z|)
  const crossEntropy = (logits, targets) =>
    logits.reduce((sum, z, i) => sum + Math.max(z, 0) - z * targets[i] + Math.log1p(Math.exp(-Math.abs(z))), 0) / logits.length;

  const penalty = (network, kind, strength) =>
    strength * network.reduce((sum, { weight }) => sum + weight.flat().reduce((s, w) => s + PENALTIES[kind][0](w), 0), 0);

  // Gradients of crossEntropy + penalty, in the network's form. settings: {activation, penalty, strength}
  function backward(network, trace, targets, settings) {
    const derivative = ACTIVATIONS[settings.activation][1];
    const slope = PENALTIES[settings.penalty][1];
    const n = targets.length;
    let delta = trace.logits.map((z, i) => [(sigmoid(z) - targets[i]) / n]);
    const gradients = new Array(network.length);
    for (let k = network.length - 1; k >= 0; k--) {
      const { weight } = network[k];
      const input = trace.outputs[k];
      gradients[k] = {
        weight: weight.map((row, i) =>
          row.map((w, j) => delta.reduce((sum, d, m) => sum + d[i] * input[m][j], 0) + settings.strength * slope(w)),
        ),
        bias: weight.map((_, i) => delta.reduce((sum, d) => sum + d[i], 0)),
      };
      if (k > 0) {
        delta = delta.map((d, m) =>
          input[m].map((y, j) => derivative(trace.sums[k - 1][m][j], y) * weight.reduce((sum, row, i) => sum + d[i] * row[j], 0)),
        );
      }
    }
    return gradients;
  }

  // One step of gradient descent on a batch: {network, loss before the step}. settings: those of backward, and rate
  function step(network, inputs, targets, settings) {
    const trace = forward(network, inputs, settings.activation);
    const gradients = backward(network, trace, targets, settings);
    const loss = crossEntropy(trace.logits, targets) + penalty(network, settings.penalty, settings.strength);
    const moved = network.map(({ weight, bias }, k) => ({
      weight: weight.map((row, i) => row.map((w, j) => w - settings.rate * gradients[k].weight[i][j])),
      bias: bias.map((b, i) => b - settings.rate * gradients[k].bias[i]),
    }));
    return { network: moved, loss };
  }

  // Segments [x1, y1, x2, y2] (in cells) where values on a square grid cross zero: marching squares
  function contour(values, side) {
    const segments = [];
    for (let r = 0; r + 1 < side; r++) {
      for (let c = 0; c + 1 < side; c++) {
        const corners = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]].map(([x, y]) => [x, y, values[y * side + x]]);
        const crossings = [];
        corners.forEach(([x, y, v], k) => {
          const [x2, y2, v2] = corners[(k + 1) % 4];
          if (v > 0 !== v2 > 0) crossings.push(x + ((x2 - x) * v) / (v - v2), y + ((y2 - y) * v) / (v - v2));
        });
        for (let k = 0; k + 3 < crossings.length; k += 4) segments.push(crossings.slice(k, k + 4));
      }
    }
    return segments;
  }

  return {
    ACTIVATIONS, DATA, FEATURES, PENALTIES, generator, dataset, features, initial, forward, backward, crossEntropy, penalty, step, contour,
  };
})();

if (typeof module !== "undefined") module.exports = Play;
