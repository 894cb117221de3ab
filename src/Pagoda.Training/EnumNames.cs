using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace Pagoda.Training;

/// <summary>Choices in YAML: <c>clip-jem</c> for <c>ClipJem</c>, in any case, with hyphens, underscores or without.</summary>
internal sealed class EnumNames : IYamlTypeConverter
{
    public static string NameOf(object value) =>
        string.Concat(value.ToString()!.Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));

    public static IEnumerable<string> NamesOf(Type type) => Enum.GetValues(type).Cast<object>().Select(NameOf);

    public bool Accepts(Type type) => type.IsEnum;

    public object ReadYaml(IParser parser, Type type, ObjectDeserializer rootDeserializer)
    {
        var text = parser.Consume<Scalar>().Value;
        var plain = text.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        var name = Enum.GetNames(type).FirstOrDefault(name => name.Equals(plain, StringComparison.OrdinalIgnoreCase));
        return name is null ? throw new FormatException($"\"{text}\" is none of {string.Join(", ", NamesOf(type))}") : Enum.Parse(type, name);
    }

    public void WriteYaml(IEmitter emitter, object? value, Type type, ObjectSerializer serializer) => emitter.Emit(new Scalar(NameOf(value!)));
}
