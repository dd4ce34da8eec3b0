"""A recurrent network from nothing, in the way of a chapter: one-hot rows, clipping by hand, both ways to cut sequences."""

import math

from .common import numbers, text


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    data = text(400)
    vocab = sorted(set(data))
    corpus = [vocab.index(c) for c in data]
    V, H = len(vocab), 12

    def seq_data_iter_sequential(corpus, batch_size, num_steps):
        num_tokens = ((len(corpus) - 1) // batch_size) * batch_size
        Xs = torch.tensor(corpus[:num_tokens]).reshape(batch_size, -1)
        Ys = torch.tensor(corpus[1 : num_tokens + 1]).reshape(batch_size, -1)
        for i in range(0, num_steps * (Xs.shape[1] // num_steps), num_steps):
            yield Xs[:, i : i + num_steps], Ys[:, i : i + num_steps]

    def get_params(device):
        def normal(shape, seed):
            return torch.tensor(numbers(*shape, seed=seed), device=device) * 0.2

        params = [normal((V, H), 1), normal((H, H), 2), torch.zeros(H), normal((H, V), 3), torch.zeros(V)]
        for param in params:
            param.requires_grad_(True)
        return params

    def rnn(inputs, state, params):
        W_xh, W_hh, b_h, W_hq, b_q = params
        (Hs,) = state
        outputs = []
        for X in inputs:
            Hs = torch.tanh(torch.mm(X, W_xh) + torch.mm(Hs, W_hh) + b_h)
            outputs.append(torch.mm(Hs, W_hq) + b_q)
        return torch.cat(outputs, dim=0), (Hs,)

    class Scratch:
        def __init__(self, device, init_state, forward_fn):
            self.params = get_params(device)
            self.init_state, self.forward_fn = init_state, forward_fn

        def __call__(self, X, state):
            X = F.one_hot(X.T, V).type(torch.float32)
            return self.forward_fn(X, state, self.params)

        def begin_state(self, batch_size, device):
            return self.init_state(batch_size, H, device)

    def grad_clipping(net, theta):
        params = [p for p in net.parameters() if p.requires_grad] if isinstance(net, nn.Module) else net.params
        norm = torch.sqrt(sum(torch.sum((p.grad**2)) for p in params))
        if norm > theta:
            for param in params:
                param.grad[:] *= theta / norm

    device = torch.device("cpu")
    net = Scratch(device, lambda n, h, device: (torch.zeros((n, h), device=device),), rnn)
    loss, out = nn.CrossEntropyLoss(), []
    for epoch in range(2):
        state, total, count = None, 0.0, 0
        for X, Y in seq_data_iter_sequential(corpus, 5, 9):
            if state is None:
                state = net.begin_state(batch_size=X.shape[0], device=device)
            else:
                for s in state:
                    s.detach_()
            y = Y.T.reshape(-1)
            X, y = X.to(device), y.to(device)
            y_hat, state = net(X, state)
            value = loss(y_hat, y.long()).mean()
            value.backward()
            grad_clipping(net, 1)
            with torch.no_grad():
                for p in net.params:
                    p -= 0.8 * p.grad
                    p.grad.zero_()
            total += value.item() * y.numel()
            count += y.numel()
            out.append(value.item())
        out.append(math.exp(total / count))

    state = net.begin_state(batch_size=1, device=device)
    outputs = [vocab.index("a")]
    for _ in range(10):
        y, state = net(torch.tensor([outputs[-1]], device=device).reshape((1, 1)), state)
        outputs.append(int(y.argmax(dim=1).reshape(1)))
    return out + [float(sum(outputs))]
