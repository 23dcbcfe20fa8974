//! GLSL to SPIR-V.

use glslang::{
    Compiler, CompilerOptions, Shader, ShaderInput, ShaderSource, ShaderStage, SourceLanguage,
    SpirvVersion, Target, VulkanVersion,
};

/// Compiles a compute shader for Vulkan 1.2.
pub fn compile(name: &str, text: &str) -> Result<Vec<u32>, String> {
    let compiler = Compiler::acquire().ok_or("the shader compiler can't start")?;
    let source = ShaderSource::from(text.to_owned());
    let options = CompilerOptions {
        source_language: SourceLanguage::GLSL,
        target: Target::Vulkan {
            version: VulkanVersion::Vulkan1_2,
            spirv_version: SpirvVersion::SPIRV1_5,
        },
        ..Default::default()
    };
    let shown = |e: &dyn std::fmt::Display| format!("{name}.comp: {e}");
    let defines: Option<&[(&str, Option<&str>)]> = None;
    let input = ShaderInput::new(&source, ShaderStage::Compute, &options, defines, None);
    let input = input.map_err(|e| shown(&e))?;
    let shader = Shader::new(compiler, input)
        .parse()
        .map_err(|e| shown(&e))?;
    shader.compile().map_err(|e| shown(&e))
}
