from tests.quality.rewrites.model import Rewrite
REWRITES: tuple[Rewrite, ...] = ()
