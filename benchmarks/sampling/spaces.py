"""The spaces as `.arch` writes them."""

FLAT = """
network Flat on x: f32[N, 3, 32, 32] -> f32[N, 10] {
    x -> repeat(3) {
            conv(16 | 32 | 64, 1 | 3 | 5) -> (relu | gelu | tanh) -> (maxpool(2) | identity)
        }
        -> global_avgpool -> dense(10)
}
"""
CHOICES = """
network Choices on x: f32[N, 16] -> f32[N, 16] {
    x -> repeat(20) { relu | gelu | tanh }
}
"""
NESTED = """
block One on x { x -> (relu | gelu | tanh) }
block Two on x { x -> ({ One -> One } | One) }
block Three on x { x -> ({ Two -> Two } | Two) }
block Four on x { x -> ({ Three -> Three } | Three) }
network Nested on x: f32[N, 16] -> f32[N, 16] {
    x -> ({ Four -> Four } | Four)
}
"""
RECURSIVE = """
block Stage on x {
    limit recursion = 12
    x -> (relu | tanh | { relu -> Stage } | residual { Stage })
}
network Recursive on x: f32[N, 16] -> f32[N, 16] { x -> Stage }
"""
LARGE = """
network Large on x: f32[N, 3, 32, 32] -> f32[N, 10] {
    x -> repeat(15) { conv(16 | 32 | 64, 1 | 3 | 5) -> (relu | gelu | tanh) } -> global_avgpool
        -> dense(10)
}
"""
"""27^15 programs, more than 10^21."""
FIFTY = """
block Bottleneck(width: int) on x: f32[N, C, H, W] -> f32[N, C, H, W] {
    body = x -> conv(width, 1) -> batchnorm -> relu -> conv(width, 3) -> batchnorm -> relu
        -> conv(C, 1) -> batchnorm
    x + body -> relu
}
network Fifty on x: f32[N, 3, 32, 32] -> f32[N, 10] {
    x -> conv(32, 3) -> batchnorm -> relu -> repeat(4) { Bottleneck(16) } -> maxpool(2)
        -> conv(64, 1) -> batchnorm -> relu -> global_avgpool -> dense(10)
}
"""
