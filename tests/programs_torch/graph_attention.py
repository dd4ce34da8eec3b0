"""Graph attention (Velickovic et al. 2018) on a small graph: heads, masked scores, dropout off, early stop by validation."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class GraphAttentionLayer(nn.Module):
        def __init__(self, in_features, out_features, n_heads, concat=False, dropout=0.0, leaky_relu_slope=0.2):
            super().__init__()
            self.n_heads, self.concat, self.dropout = n_heads, concat, dropout
            self.n_hidden = out_features // n_heads if concat else out_features
            self.W = nn.Parameter(torch.empty(size=(in_features, self.n_hidden * n_heads)))
            self.a = nn.Parameter(torch.empty(size=(n_heads, 2 * self.n_hidden, 1)))
            self.leakyrelu = nn.LeakyReLU(leaky_relu_slope)
            self.softmax = nn.Softmax(dim=1)
            self.reset_parameters()

        def reset_parameters(self):
            nn.init.xavier_normal_(self.W)
            nn.init.xavier_normal_(self.a)

        def _get_attention_scores(self, h_transformed):
            source_scores = torch.matmul(h_transformed, self.a[:, : self.n_hidden, :])
            target_scores = torch.matmul(h_transformed, self.a[:, self.n_hidden :, :])
            return self.leakyrelu(source_scores + target_scores.mT)

        def forward(self, h, adj_mat):
            n_nodes = h.shape[0]
            h_transformed = F.dropout(torch.mm(h, self.W), self.dropout, training=self.training)
            h_transformed = h_transformed.view(n_nodes, self.n_heads, self.n_hidden).permute(1, 0, 2)
            e = self._get_attention_scores(h_transformed)
            connectivity_mask = -9e16 * torch.ones_like(e)
            e = torch.where(adj_mat > 0, e, connectivity_mask)
            attention = F.dropout(F.softmax(e, dim=-1), self.dropout, training=self.training)
            h_prime = torch.matmul(attention, h_transformed)
            if self.concat:
                return h_prime.permute(1, 0, 2).contiguous().view(n_nodes, self.n_heads * self.n_hidden)
            return h_prime.mean(dim=0)

    class GAT(nn.Module):
        def __init__(self):
            super().__init__()
            self.gat1 = GraphAttentionLayer(6, 8, n_heads=4, concat=True)
            self.gat2 = GraphAttentionLayer(8, 3, n_heads=1)

        def forward(self, input_tensor, adj_mat):
            return F.log_softmax(self.gat2(F.elu(self.gat1(input_tensor, adj_mat)), adj_mat), dim=1)

    rng = np.random.default_rng(0)
    edges = torch.tensor(rng.integers(0, 18, (40, 2)).T, dtype=torch.long)
    adj = torch.zeros(18, 18)
    adj[edges[0], edges[1]] = 1
    adj = torch.maximum(adj, adj.T)
    adj.fill_diagonal_(1)
    degree = adj.sum(dim=1).pow(-0.5)
    features, target = torch.tensor(numbers(18, 6, seed=1)), torch.arange(18) % 3
    features = features + F.one_hot(target, 6).float()
    idx = torch.randperm(18, generator=torch.Generator().manual_seed(0)).argsort().argsort() * 0 + torch.arange(18)
    idx_val, idx_train = idx[:6], idx[6:]
    net = fill(torch, GAT(), seed=2, scale=0.4)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02, weight_decay=5e-4)
    criterion, out = nn.NLLLoss(), []
    for _ in range(8):
        net.train()
        optimizer.zero_grad()
        output = net(features, adj)
        loss = criterion(output[idx_train], target[idx_train])
        loss.backward()
        optimizer.step()
        net.eval()
        with torch.no_grad():
            val = criterion(net(features, adj)[idx_val], target[idx_val])
        out += [loss.item(), val.item()]
    return out + [(degree[:, None] * adj * degree[None]).sum().item(), float(torch.count_nonzero(adj))]
