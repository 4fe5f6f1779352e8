__version__ = "0.1.0"

from importlib import import_module as _import

# Public names by module. They load on first use (PEP 562), so that `import moe_llava_kit` imports no torch.
_names = dict(
    vocab='load_tokenizer list_vocabs',
    tokenizers='Passport probe special_tokens prepare_tokenizer FAMILIES',
    templates='Conversation SeparatorStyle conv_templates get_template native_template template_properties register_template',
    masks='''tokenizer_image_token Recipe RECIPES preprocess preprocess_v1 preprocess_qwen preprocess_phi preprocess_stablelm
        preprocess_openchat preprocess_minicpm preprocess_llama_2 preprocess_mpt preprocess_plain MaskedSample mask_sample''',
    comparison='compare Comparison',
    viz='show_mask mask_text MaskExplorer figure_style',
    onboarding='onboard Onboarding decode_mismatch',
    data='LlavaDataset LlavaCollator read_frames',
    batches='GroupedSampler PackedDataset',
    auditing='audit',
    vision='build_tower build_projector register_projector',
    decoders='as_decoder',
    llava='MoELlavaConfig MoELlavaForConditionalGeneration build_llava',
    moe='MoEConfig SparseMoE upcycle certify',
    checkpoints='load_checkpoint load_moe_llava load_llava export_mixtral export_qwen2_moe to_dense',
    stages='Stage STAGES PRESETS get_stage apply_stage trainable_report',
    adapters='add_lora load_adapters merge_lora quantize_experts',
    safety='FirstStepCheck last_checkpoint',
    training='LlavaTrainer train',
    distributed='deepspeed_config plan_memory',
    launch='plan_run dry_run run_plan',
    generation='answer stream chat',
    evaluation='BENCHMARKS Benchmark evaluate compare_results',
    routing='record_routing RoutingTrace',
    routing_stats='modality_split layer_links pathways coactivation saturation collapse',
    routing_plots='show_routing routing_page moe_llava_figures',
    web='serve',
    bench='bench_masks bench_moe bench_train bench_routing',
    demo='run_demo')
_where = {name: module for module, names in _names.items() for name in names.split()}
__all__ = list(_where)

def __getattr__(name):
    if name in _where: return getattr(_import(f'{__name__}.{_where[name]}'), name)
    if name in _names or name == 'cli': return _import(f'{__name__}.{name}')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}; public names: {", ".join(sorted(_where))}')

def __dir__(): return sorted([*globals(), *_where, *_names, 'cli'])
