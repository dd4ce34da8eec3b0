"""A linear chain over labels on a recurrent net: the partition function forwards in time, the best path by Viterbi."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn = torch.nn
    START, STOP = "<s>", "</s>"
    tag_to_ix = {"B": 0, "I": 1, "O": 2, START: 3, STOP: 4}

    def argmax(vec):
        _, idx = torch.max(vec, 1)
        return idx.item()

    def log_sum_exp(vec):
        max_score = vec[0, argmax(vec)]
        max_score_broadcast = max_score.view(1, -1).expand(1, vec.size()[1])
        return max_score + torch.log(torch.sum(torch.exp(vec - max_score_broadcast)))

    class BiLSTM_CRF(nn.Module):
        def __init__(self, vocab_size, embedding_dim, hidden_dim):
            super().__init__()
            self.hidden_dim, self.tagset_size = hidden_dim, len(tag_to_ix)
            self.word_embeds = nn.Embedding(vocab_size, embedding_dim)
            self.lstm = nn.LSTM(embedding_dim, hidden_dim // 2, num_layers=1, bidirectional=True)
            self.hidden2tag = nn.Linear(hidden_dim, self.tagset_size)
            self.transitions = nn.Parameter(torch.randn(self.tagset_size, self.tagset_size))

        def init_hidden(self):
            return (torch.tensor(numbers(2, 1, 2, seed=1)), torch.tensor(numbers(2, 1, 2, seed=2)))

        def forbid(self):
            self.transitions.data[tag_to_ix[START], :] = -10000
            self.transitions.data[:, tag_to_ix[STOP]] = -10000

        def _forward_alg(self, feats):
            init_alphas = torch.full((1, self.tagset_size), -10000.0)
            init_alphas[0][tag_to_ix[START]] = 0.0
            forward_var = init_alphas
            for feat in feats:
                alphas_t = []
                for next_tag in range(self.tagset_size):
                    emit_score = feat[next_tag].view(1, -1).expand(1, self.tagset_size)
                    trans_score = self.transitions[next_tag].view(1, -1)
                    alphas_t.append(log_sum_exp(forward_var + trans_score + emit_score).view(1))
                forward_var = torch.cat(alphas_t).view(1, -1)
            terminal_var = forward_var + self.transitions[tag_to_ix[STOP]]
            return log_sum_exp(terminal_var)

        def _vectorised(self, feats):
            alpha = torch.full((self.tagset_size,), -10000.0)
            alpha[tag_to_ix[START]] = 0
            for feat in feats:
                alpha = torch.logsumexp(alpha[None] + self.transitions + feat[:, None], dim=1)
            return torch.logsumexp(alpha + self.transitions[tag_to_ix[STOP]], dim=0)

        def _get_lstm_features(self, sentence):
            embeds = self.word_embeds(sentence).view(len(sentence), 1, -1)
            lstm_out, _ = self.lstm(embeds, self.init_hidden())
            return self.hidden2tag(lstm_out.view(len(sentence), self.hidden_dim))

        def _score_sentence(self, feats, tags):
            score = torch.zeros(1)
            tags = torch.cat([torch.tensor([tag_to_ix[START]], dtype=torch.long), tags])
            for i, feat in enumerate(feats):
                score = score + self.transitions[tags[i + 1], tags[i]] + feat[tags[i + 1]]
            return score + self.transitions[tag_to_ix[STOP], tags[-1]]

        def _viterbi_decode(self, feats):
            backpointers = []
            forward_var = torch.full((1, self.tagset_size), -10000.0)
            forward_var[0][tag_to_ix[START]] = 0
            for feat in feats:
                best, pointers = (forward_var + self.transitions).max(dim=1)
                forward_var = (best + feat).view(1, -1)
                backpointers.append(pointers.tolist())
            terminal_var = forward_var + self.transitions[tag_to_ix[STOP]]
            best_tag_id = argmax(terminal_var)
            path_score, best_path = terminal_var[0][best_tag_id], [best_tag_id]
            for bptrs_t in reversed(backpointers):
                best_tag_id = bptrs_t[best_tag_id]
                best_path.append(best_tag_id)
            assert best_path.pop() == tag_to_ix[START]
            return path_score, best_path[::-1]

        def neg_log_likelihood(self, sentence, tags):
            feats = self._get_lstm_features(sentence)
            forward_score = self._forward_alg(feats)
            assert torch.isclose(forward_score, self._vectorised(feats), atol=1e-4)
            return forward_score - self._score_sentence(feats, tags)

        def forward(self, sentence):
            return self._viterbi_decode(self._get_lstm_features(sentence))

    rng = np.random.default_rng(0)
    sentences = [torch.tensor(rng.integers(0, 8, n)) for n in (4, 6, 3)]
    model = fill(torch, BiLSTM_CRF(8, 5, 4), seed=3)
    model.forbid()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=1e-4)
    out = []
    for _ in range(5):
        for sentence in sentences:
            model.zero_grad()
            loss = model.neg_log_likelihood(sentence, sentence % 3)
            loss.backward()
            optimizer.step()
            out.append(loss.item())
    with torch.no_grad():
        for sentence in sentences:
            score, path = model(sentence)
            out += [score.item(), float((torch.tensor(path) == sentence % 3).sum())]
    return out
