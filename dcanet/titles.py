"""What models are called for people, where no sheet says it."""

from .models.forms import base_of, triple_of

#: As the paper writes them.
BACKBONES = {
    "resnet18": "ResNet18",
    "resnet34": "ResNet34",
    "resnet50": "ResNet50",
    "resnet101": "ResNet101",
    "mnasnet1_0": "Mnas1_0",
    "mobilenet_v2": "MobileNetV2",
}


#: Names of attention blocks that are no abbreviations.
ATTENTIONS = {"none": "none", "simam": "SimAM", "coord": "Coordinate"}


def backbone_title(backbone: str) -> str:
    """For example ResNet50; a plug-in's as it is registered."""
    return BACKBONES.get(backbone, backbone)


def attention_title(attention: str) -> str:
    """For example SE."""
    return ATTENTIONS.get(attention, attention.upper())


def model_title(name: str) -> str:
    """For example SE-ResNet50, as a row of Table 1 is called, and of a variant its options."""
    backbone, attention, _ = triple_of(name)
    title = backbone_title(backbone)
    if attention != "none":
        title = f"{attention_title(attention)}-{title}"
    changes = name.removeprefix(base_of(name)).split("__")[1:]
    return ", ".join([title, *(change.replace("_", " ") for change in changes)])
