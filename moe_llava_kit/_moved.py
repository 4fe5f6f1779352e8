"Import paths of 0.1.0: each is answered with the place where its names live now."
import sys

# module of 0.1.0 -> modules of today
MODULES = dict(
    vocab='core.files core.tables text.readers text.loading',
    tokenizers='text.passport text.setup',
    templates='text.messages text.native text.conversation text.templates',
    masks='text.masks text.recipes text.samples',
    comparison='text.comparison',
    viz='core.figures core.tokens text.view text.explorer',
    onboarding='text.mismatch text.onboarding',
    walkthrough='text.walkthrough',
    batches='data.batching',
    auditing='data.report',
    vision='core.runtime model.towers model.images model.projectors',
    decoders='core.runtime model.decoders',
    llava='core.runtime model.saving model.llava',
    checkpoints='model.checkpoints model.export',
    stages='training.stages',
    adapters='training.adapters',
    safety='core.files core.processes training.first_step training.checkpointing',
    runs='training.run_record training.runs',
    distributed='training.deepspeed training.memory',
    launch='training.flags training.plan training.launch',
    routing='insight.record',
    routing_stats='insight.statistics',
    routing_plots='insight.plots',
    generation='use.generation',
    benchmarks='use.benchmarks',
    scoring='use.scoring',
    evaluation='use.evaluation',
    lmms='use.lmms',
    web='use.web',)

# names of modules whose path is a folder today -> module of today (and the name, if it changed)
NAMES = dict(
    data=dict(
        expand_image_tokens='data.batching', index_rows='data.rows', RowFile='data.rows',
        BadSample='data.rows', VIDEO_TOKEN='data.rows', MEDIA='data.rows',
        named_files='data.rows', media_marks='data.rows', check_row='data.rows',
        image_first='data.rows', find_file='data.media', open_picture='data.media',
        spread='data.media.evenly_spaced', video_to_images='data.media', ANIMATED='data.media',
        read_frames='data.media', CheckedRows='data.dataset', picture_size='data.dataset',
        check_room='data.dataset', model_settings='data.dataset', LlavaDataset='data.dataset',
        row_counts='data.dataset', each_tokens='data.dataset', count_rows='data.dataset',
        check_trained='data.dataset', LlavaCollator='data.batching'),
    moe=dict(
        MoEConfig='moe.config', MODES='moe.config.LAYER_MODES', moe_layer_ids='moe.config',
        experts_per_layer='moe.config', MLP_LAYOUTS='moe.experts', ACTIVATIONS='moe.experts',
        mlp_parts='moe.experts', linear_weight='moe.experts',
        by_tensor='moe.experts.tensors_by_role', casts='moe.experts', fitting='moe.experts',
        StackedExperts='moe.experts', one_expert='moe.experts', eager_experts='moe.experts',
        inverse='moe.experts.inverse_permutation', Permute='moe.experts',
        unbound_experts='moe.experts', sorted_experts='moe.experts', Routing='moe.routing',
        without_autocast='moe.routing', router_logits='moe.routing', choose='moe.routing',
        capacity='moe.routing.expert_capacity', give_places='moe.routing.assign_slots',
        combine_weights='moe.routing', route='moe.routing', sample_means='moe.routing',
        load_balancing_loss='moe.routing', router_z_loss='moe.routing',
        RoutingContext='moe.layer', SparseMoE='moe.layer', deepspeed_limits='moe.deepspeed',
        stack_mlps='moe.deepspeed', unstack_mlp='moe.deepspeed', DeepSpeedMoE='moe.deepspeed',
        gathered='moe.deepspeed', NATIVE='moe.deepspeed', save_stacked='moe.deepspeed',
        load_stacked='moe.deepspeed', consolidated='moe.deepspeed.consolidated_experts',
        build_moe='moe.deepspeed', decoder_of='moe.conversion', outer_lists='moe.conversion',
        layers_of='moe.conversion', moe_layers='moe.conversion',
        asks_for_context='moe.conversion', has_matrix='moe.conversion',
        layer_parts='moe.conversion', mlp_of='moe.conversion', check_mlp='moe.conversion',
        cannot_save='moe.conversion', guard_save='moe.conversion', install_moe='moe.conversion',
        upcycle='moe.conversion', Certificate='moe.certificate',
        count_params='moe.certificate.count_parameters', experts_as='moe.certificate',
        flops_per_token='moe.certificate', differences='moe.certificate',
        rounded_again='moe.certificate', sensitivity='moe.certificate',
        HALF='moe.certificate.HALF_DTYPES', widen='moe.certificate', in_fp32='moe.certificate',
        converted='moe.certificate', measure_both='moe.certificate', certify='moe.certificate',
        balance_losses='moe.losses', moe_loss='moe.losses', router_loss='moe.losses',
        forget_graph='moe.losses'),
    training=dict(
        token_counts='training.metrics', router_counts='training.metrics',
        StepStats='training.metrics', TrainResult='training.metrics', read_log='training.metrics',
        earlier_result='training.metrics', SHOWN='training.metrics',
        LossProgress='training.metrics', LINE='training.metrics', log_line='training.metrics',
        LogLines='training.metrics', wants_bar='training.metrics.shows_progress_bar',
        split_groups='training.metrics', split_experts='training.metrics',
        StepLoss='training.metrics', EvalShare='training.trainer', undisturbed='training.trainer',
        ValidationLoss='training.trainer', LogEnds='training.trainer',
        LlavaTrainer='training.trainer', resume_asked='training.trainer',
        resume_point='training.trainer', log='training.trainer', check_learned='training.trainer',
        list_skipped='training.trainer', report_lost='training.trainer',
        refuse_twice='training.trainer', check_both='training.trainer',
        trainer_for='training.trainer', what_is_saved='training.trainer',
        end_run='training.trainer', result_of='training.trainer', train='training.trainer',
        training_args='training.preflight', keeps_masters='training.preflight',
        check_precision='training.preflight',
        default_report='training.preflight.default_reporter',
        EVALUATE='training.preflight.EVAL_DEFAULTS', check_rows='training.preflight',
        check_validation='training.preflight', SPECIMEN='training.preflight',
        tokenizer_differences='training.preflight', template_name='training.preflight',
        template_differences='training.preflight', chosen_template='training.preflight',
        compare_data='training.preflight', inner_data='training.preflight.inner_datasets',
        check_data='training.preflight'),
    demo=dict(
        load_scans='demo.scenes', SIZE='demo.scenes.PICTURE_SIZE', Hand='demo.scenes',
        STEADY='demo.scenes', SHAKY='demo.scenes', draw='demo.scenes', COLORS='demo.scenes',
        SIDES='demo.scenes', NOTHING='demo.scenes.NO_DIGIT', Scenes='demo.scenes',
        paint='demo.scenes', make_scenes='demo.scenes', caption='demo.scenes',
        in_words='demo.scenes', questions='demo.scenes', talk='demo.scenes', some='demo.scenes',
        caption_row='demo.scenes', word_talks='demo.scenes', VALIDATED='demo.scenes',
        World='demo.scenes', validation_rows='demo.scenes', make_world='demo.scenes',
        PATCH='demo.models', GRID='demo.models', tower_config='demo.models',
        PatchReader='demo.models', SIDE_OF='demo.models', reading_loss='demo.models',
        normalize='demo.models', warm_cosine='demo.models', pretrain_tower='demo.models',
        tower_accuracy='demo.models', PROJECTOR='demo.models', LANGUAGE='demo.models',
        decoder_config='demo.models', pick_template='demo.models', caption_item='demo.models',
        word_items='demo.models', OPTIONS='demo.models', quiet='demo.models',
        learn='demo.models.run_stage', picture_items='demo.models',
        to_moe='demo.models.convert_to_moe', ask='demo.models.ask_held_out',
        figures='demo.models.accuracy_by_kind', majority='demo.models.majority_answers',
        guess='demo.models.guess_majority', line_of='demo.report', curve='demo.report',
        accuracy_table='demo.report', inline_png='demo.report', gallery='demo.report',
        router_tables='demo.report', mask_views='demo.report', STYLE='demo.report',
        page='demo.report.report_page', report_sections='demo.report', Preset='demo.run',
        PRESETS='demo.run', check_run='demo.run', seeded='demo.run', peak_rss_mb='demo.run',
        teach='demo.run', run_demo='demo.run'))

def _text(old, new):
    return (f'{old} of moe_llava_kit 0.1.0 has moved to {new}; '
            'the names in moe_llava_kit.__all__ are imported from moe_llava_kit itself')

class OldPaths:
    "Comes last in `sys.meta_path`, and so sees only modules that do not exist."
    @staticmethod
    def find_spec(name, path=None, target=None):
        "A `ModuleNotFoundError` that names the new modules, for a module of 0.1.0."
        package, _, module = name.partition('.')
        if package != __package__ or module not in MODULES: return None
        new = ', '.join(f'{package}.{m}' for m in MODULES[module].split())
        raise ModuleNotFoundError(_text(name, new), name=name)

def old_names(folder):
    "A `__getattr__` for a folder that was a module: its names raise an error with the new place."
    def __getattr__(name):
        new = NAMES[folder.split('.')[-1]].get(name)
        if new:
            raise ImportError(_text(f'{folder}.{name}', f'{__package__}.{new}'), name=folder)
        raise AttributeError(f'module {folder!r} has no attribute {name!r}')
    return __getattr__

def watch_old_paths():
    "Have every old path answered."
    if OldPaths not in sys.meta_path: sys.meta_path.append(OldPaths)
