"""Sine waves continued by two LSTM cells that L-BFGS trains, as in PyTorch's time-sequence-prediction; float64."""

import numpy as np

from .common import fill


def run(torch):
    nn, optim = torch.nn, torch.optim

    class Sequence(nn.Module):
        def __init__(self):
            super(Sequence, self).__init__()
            self.lstm1 = nn.LSTMCell(1, 7)
            self.lstm2 = nn.LSTMCell(7, 7)
            self.linear = nn.Linear(7, 1)

        def forward(self, input, future=0):
            outputs = []
            h_t = torch.zeros(input.size(0), 7, dtype=torch.double)
            c_t = torch.zeros(input.size(0), 7, dtype=torch.double)
            h_t2 = torch.zeros(input.size(0), 7, dtype=torch.double)
            c_t2 = torch.zeros(input.size(0), 7, dtype=torch.double)
            for input_t in input.split(1, dim=1):
                h_t, c_t = self.lstm1(input_t, (h_t, c_t))
                h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
                output = self.linear(h_t2)
                outputs += [output]
            for _ in range(future):
                h_t, c_t = self.lstm1(output, (h_t, c_t))
                h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
                output = self.linear(h_t2)
                outputs += [output]
            return torch.cat(outputs, dim=1)

    x = np.sin((np.arange(20)[None] + np.arange(6)[:, None] * 3) / 2.0).astype("float64")
    input, target = torch.from_numpy(x[2:, :-1]), torch.from_numpy(x[2:, 1:])
    test_input, test_target = torch.from_numpy(x[:2, :-1]), torch.from_numpy(x[:2, 1:])
    seq = fill(torch, Sequence(), seed=2, scale=0.3)
    seq.double()
    criterion = nn.MSELoss()
    optimizer = optim.LBFGS(seq.parameters(), lr=0.8, max_iter=6)
    out = []
    for _ in range(3):

        def closure():
            optimizer.zero_grad()
            loss = criterion(seq(input), target)
            loss.backward()
            out.append(loss.item())
            return loss

        optimizer.step(closure)
        with torch.no_grad():
            pred = seq(test_input, future=5)
            out.append(criterion(pred[:, :-5], test_target).item())
            y = pred.detach().numpy()
    return out + y[0, -5:].tolist()
