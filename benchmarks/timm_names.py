"""Networks that timm has too."""

#: Ours -> timm's name of the network with the same tensors in the same order.
TIMM_MODELS = {"mobilenet_v2": "mobilenetv2_100", "resnet50": "resnet50"}
