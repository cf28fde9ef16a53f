import torch
from document_encoder import Encoder

from codeopt import Call, workload


@workload("document_encoder.py::embed_documents")
def padded_documents(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    batch, length = max(1, int(4 * min(1.0, scale * 4))), max(3, int(448 * scale))
    model = Encoder(vocabulary=200, width=max(8, int(64 * min(1.0, scale * 4)) // 8 * 8))
    tokens = torch.randint(1, 200, (batch, length))
    for row, used in enumerate(torch.randint(1, length + 1, (batch,)).tolist()):
        tokens[row, used:] = 0
    return Call(args=(model, tokens))
