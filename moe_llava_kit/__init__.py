__version__ = "0.1.0"

from importlib import import_module as _import

from moe_llava_kit._moved import watch_old_paths as _watch_old_paths

_watch_old_paths()

# Public names by module, from the lowest floor to the top. They load on first use (PEP 562),
# so that `import moe_llava_kit` imports no torch.
_names = {
    'core.figures': 'figure_style',
    'text.loading': 'load_tokenizer list_vocabs',
    'text.passport': 'Passport probe special_tokens',
    'text.setup': 'prepare_tokenizer FAMILIES',
    'text.messages': 'SeparatorStyle',
    'text.conversation': 'Conversation',
    'text.templates': '''
        conv_templates get_template native_template template_properties
        register_template''',
    'text.masks': 'tokenizer_image_token',
    'text.recipes': 'Recipe RECIPES',
    'text.samples': '''
        preprocess preprocess_v1 preprocess_qwen preprocess_phi preprocess_stablelm
        preprocess_openchat preprocess_minicpm preprocess_llama_2 preprocess_mpt
        preprocess_plain MaskedSample mask_sample''',
    'text.comparison': 'compare Comparison',
    'text.view': 'show_mask mask_text',
    'text.explorer': 'MaskExplorer',
    'text.mismatch': 'decode_mismatch',
    'text.onboarding': 'onboard Onboarding',
    'data.media': 'read_frames',
    'data.dataset': 'LlavaDataset',
    'data.batching': 'LlavaCollator GroupedSampler PackedDataset',
    'data.report': 'audit',
    'moe.config': 'MoEConfig',
    'moe.layer': 'SparseMoE',
    'moe.conversion': 'upcycle',
    'moe.certificate': 'certify',
    'model.towers': 'build_tower',
    'model.projectors': 'build_projector register_projector',
    'model.decoders': 'as_decoder',
    'model.llava': 'MoELlavaConfig MoELlavaForConditionalGeneration build_llava',
    'model.checkpoints': 'load_checkpoint load_moe_llava load_llava',
    'model.export': 'export_mixtral export_qwen2_moe to_dense',
    'training.stages': 'Stage STAGES PRESETS get_stage apply_stage trainable_report',
    'training.adapters': 'add_lora load_adapters merge_lora quantize_experts',
    'training.first_step': 'FirstStepCheck',
    'training.checkpointing': 'last_checkpoint',
    'training.deepspeed': 'deepspeed_config',
    'training.memory': 'plan_memory',
    'training.trainer': 'LlavaTrainer train',
    'training.plan': 'plan_run',
    'training.launch': 'dry_run run_plan',
    'insight.record': 'record_routing RoutingTrace',
    'insight.statistics': 'modality_split layer_links pathways coactivation saturation collapse',
    'insight.plots': 'show_routing routing_page moe_llava_figures',
    'use.generation': 'answer stream chat',
    'use.evaluation': 'BENCHMARKS Benchmark evaluate compare_results',
    'use.web': 'serve',
    'bench': 'bench_masks bench_moe bench_train bench_routing',
    'demo.run': 'run_demo'}
_where = {name: module for module, names in _names.items() for name in names.split()}
_folders = {'core', 'cli', *(module.split('.')[0] for module in _names)}
__all__ = list(_where)

def __getattr__(name):
    if name in _where: return getattr(_import(f'{__name__}.{_where[name]}'), name)
    if name in _folders: return _import(f'{__name__}.{name}')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}; '
                         f'public names: {", ".join(sorted(_where))}')

def __dir__(): return sorted([*globals(), *_where, *_folders])
