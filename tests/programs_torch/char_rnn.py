"""Names read and written letter by letter by small recurrent networks built of linear layers."""

import string

import numpy as np

from .common import fill


def run(torch):
    nn = torch.nn
    all_letters = string.ascii_lowercase[:10] + " "
    n_letters = len(all_letters) + 1
    category_lines = {"one": ["abba", "adda", "aida"], "two": ["cede", "ghee", "feed"], "three": ["high", "jig", "fij"]}
    all_categories = list(category_lines)

    def lineToTensor(line):
        tensor = torch.zeros(len(line), 1, n_letters)
        for li, letter in enumerate(line):
            tensor[li][0][all_letters.find(letter)] = 1
        return tensor

    class RNN(nn.Module):
        def __init__(self, input_size, hidden_size, output_size):
            super(RNN, self).__init__()
            self.hidden_size = hidden_size
            self.i2h = nn.Linear(input_size, hidden_size)
            self.h2h = nn.Linear(hidden_size, hidden_size)
            self.h2o = nn.Linear(hidden_size, output_size)
            self.softmax = nn.LogSoftmax(dim=1)

        def forward(self, input, hidden):
            hidden = torch.tanh(self.i2h(input) + self.h2h(hidden))
            return self.softmax(self.h2o(hidden)), hidden

        def initHidden(self):
            return torch.zeros(1, self.hidden_size)

    rnn = fill(torch, RNN(n_letters, 8, 3), seed=1, scale=0.4)
    criterion, learning_rate, out = nn.NLLLoss(), 0.1, []
    for i in range(12):
        category = all_categories[i % 3]
        line = category_lines[category][i // 4]
        category_tensor = torch.tensor([all_categories.index(category)], dtype=torch.long)
        hidden = rnn.initHidden()
        rnn.zero_grad()
        for letter in lineToTensor(line):
            output, hidden = rnn(letter, hidden)
        loss = criterion(output, category_tensor)
        loss.backward()
        for p in rnn.parameters():
            p.data.add_(p.grad.data, alpha=-learning_rate)
        out.append(loss.item())
    top_n, top_i = output.topk(1)
    out += [top_n.item(), float(top_i[0].item())]

    class Generator(nn.Module):
        def __init__(self, hidden_size):
            super().__init__()
            n = n_letters + hidden_size + 3
            self.i2h, self.i2o = nn.Linear(n, hidden_size), nn.Linear(n, n_letters)
            self.o2o = nn.Linear(hidden_size + n_letters, n_letters)

        def forward(self, category, input, hidden):
            input_combined = torch.cat((category, input, hidden), 1)
            hidden = self.i2h(input_combined)
            output = self.i2o(input_combined)
            output = self.o2o(torch.cat((hidden, output), 1))
            return torch.log_softmax(output, dim=1), hidden

    gen = fill(torch, Generator(6), seed=2, scale=0.3)
    for i in range(9):
        category = all_categories[i % 3]
        line = category_lines[category][i // 3]
        onehot = torch.zeros(1, 3)
        onehot[0][i % 3] = 1
        input_line = lineToTensor(line)
        letter_indexes = [all_letters.find(line[li]) for li in range(1, len(line))] + [n_letters - 1]
        target = torch.LongTensor(letter_indexes)
        target.unsqueeze_(-1)
        hidden = torch.zeros(1, 6)
        gen.zero_grad()
        loss = torch.Tensor([0])
        for k in range(input_line.size(0)):
            output, hidden = gen(onehot, input_line[k], hidden)
            loss += criterion(output, target[k])
        loss.backward()
        for p in gen.parameters():
            p.data.add_(p.grad.data, alpha=-0.05)
        out.append(loss.item() / input_line.size(0))
    with torch.no_grad():
        text, hidden = "a", torch.zeros(1, 6)
        for _ in range(5):
            output, hidden = gen(onehot, lineToTensor(text[-1])[0], hidden)
            topi = output.topk(1)[1][0][0]
            if topi == n_letters - 1:
                break
            text += all_letters[topi]
    return out + [float(np.sum([all_letters.find(c) for c in text]))]
