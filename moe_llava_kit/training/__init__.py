from moe_llava_kit._moved import old_names as _old_names
__getattr__ = _old_names(__name__)
