using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Pagoda.Torch.Generator;

/// <summary>Writes the C# method of one operator.</summary>
internal sealed class OperatorWriter(OperatorSchema schema, string line, int index)
{
    private static readonly HashSet<string> Keywords = ["out", "ref", "in", "is", "as", "base", "this", "default", "params", "implicit", "explicit"];

    public static string Quote(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";

    public void Write(StringBuilder output, bool optional)
    {
        // Layout and pinned memory stay at their defaults: Pagoda has dense tensors only.
        var shown = schema.Parameters.Where(p => p.Type != "Layout?" && p.Name != "pin_memory").ToList();
        var name = Pascal(schema.Name.Substring(schema.Name.IndexOf(':') + 2));
        var result = ReturnType();
        output.AppendLine($"    private static nint s_op{index};");
        output.AppendLine();
        if (optional)
        {
            output.AppendLine($"    /// <summary>Whether this libtorch has <c>{schema.Name}</c>.</summary>");
            output.AppendLine($"    public static bool Has{name} => Dispatcher.Find({Quote(schema.Name)}, {Quote(schema.Overload)}) != 0;");
            output.AppendLine();
        }

        output.AppendLine($"    /// <summary><c>{line.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")}</c></summary>");
        var first = shown.Count > 0 && shown[0].Type == "Tensor" ? "this " : "";
        var required = new List<string>();
        for (var i = 0; i < shown.Count; i++)
        {
            required.Add((i == 0 ? first : "") + Declare(shown[i], shown.Skip(i + 1).All(p => p.Default is not null)));
        }

        output.AppendLine($"    public static {result} {name}({string.Join(", ", required)})");
        output.AppendLine("    {");
        WriteBody(output, result);
        output.AppendLine("    }");
        output.AppendLine();
    }

    private void WriteBody(StringBuilder output, string result)
    {
        var parameters = schema.Parameters;
        foreach (var p in parameters.Where(p => IsSpan(p.Type) && p.Default is { } text && text != "[]" && text != "None"))
        {
            output.AppendLine($"        if ({Id(p.Name)}.IsEmpty) {Id(p.Name)} = {SpanDefault(p)};");
        }

        // Tensor lists cross as arrays of handles.
        foreach (var p in parameters.Where(p => p.Type is "Tensor[]" or "Tensor?[]"))
        {
            output.AppendLine($"        nint* {p.Name}_handles = stackalloc nint[{Id(p.Name)}.Length == 0 ? 1 : {Id(p.Name)}.Length];");
            output.AppendLine($"        for (int i = 0; i < {Id(p.Name)}.Length; i++) {p.Name}_handles[i] = {Id(p.Name)}[i]{(p.Type == "Tensor?[]" ? "?.Handle ?? 0" : ".Handle")};");
        }

        foreach (var p in parameters.Where(p => PinnedElement(p.Type) is not null))
        {
            output.AppendLine($"        fixed ({PinnedElement(p.Type)}* {p.Name}_pinned = {Id(p.Name)})");
        }

        output.AppendLine("        {");
        output.AppendLine($"            DispatcherValue* arguments_ = stackalloc DispatcherValue[{System.Math.Max(1, parameters.Count)}];");
        for (var i = 0; i < parameters.Count; i++)
        {
            output.AppendLine($"            arguments_[{i}] = {Pass(parameters[i])};");
        }

        var call = $"(ref s_op{index}, {Quote(schema.Name)}, {Quote(schema.Overload)}, arguments_, {parameters.Count}";
        if (schema.InPlace && schema.Returns.Count > 0)
        {
            output.AppendLine($"            Dispatcher.CallInPlace{call});");
        }
        else if (result == "void")
        {
            output.AppendLine($"            Dispatcher.CallVoid{call});");
        }
        else
        {
            var kind = result switch
            {
                "Tensor" => "CallTensor",
                "Tensor[]" => "CallTensors",
                "Scalar" => "CallScalar",
                "bool" => "CallBool",
                "long" => "CallInt",
                _ => "CallMany",
            };
            output.AppendLine(kind == "CallMany"
                ? $"            Tensor[] r = Dispatcher.CallMany{call}, {schema.Returns.Count});"
                : $"            var r = Dispatcher.{kind}{call});");
        }

        foreach (var p in parameters.Where(p => p.Type is "Tensor" or "Tensor?" or "Generator?"))
        {
            output.AppendLine($"            GC.KeepAlive({Id(p.Name)});");
        }

        foreach (var p in parameters.Where(p => p.Type is "Tensor[]" or "Tensor?[]"))
        {
            output.AppendLine($"            for (int i = 0; i < {Id(p.Name)}.Length; i++) GC.KeepAlive({Id(p.Name)}[i]);");
        }

        if (schema.InPlace && schema.Returns.Count > 0)
        {
            output.AppendLine($"            return {Id(parameters[0].Name)};");
        }
        else if (result.StartsWith("("))
        {
            output.AppendLine($"            return ({string.Join(", ", Enumerable.Range(0, schema.Returns.Count).Select(i => $"r[{i}]"))});");
        }
        else if (result != "void")
        {
            output.AppendLine("            return r;");
        }

        output.AppendLine("        }");
    }

    private string ReturnType()
    {
        if (schema.Returns.Count == 0)
        {
            return "void";
        }

        if (schema.Returns.Count > 1)
        {
            return "(" + string.Join(", ", schema.Returns.Select((_, i) => $"Tensor Item{i + 1}")) + ")";
        }

        return schema.Returns[0] switch { "int" => "long", "float" => "double", var other => other };
    }

    private static bool IsSpan(string type) => type.Contains("[") && !type.StartsWith("Tensor");

    private static string? PinnedElement(string type) =>
        !IsSpan(type) ? null : type.StartsWith("int") ? "long" : type.StartsWith("float") ? "double" : "bool";

    private static string CSharpType(string type) => type switch
    {
        "Tensor[]" => "ReadOnlySpan<Tensor>",
        "Tensor?[]" => "ReadOnlySpan<Tensor?>",
        "int" => "long",
        "int?" => "long?",
        "float" => "double",
        "float?" => "double?",
        "str" => "string",
        "str?" => "string?",
        _ when PinnedElement(type) is { } element => $"ReadOnlySpan<{element}>",
        _ => type,
    };

    private static string Declare(SchemaParameter p, bool restHasDefaults)
    {
        var type = CSharpType(p.Type);
        if (p.Default is null || !restHasDefaults)
        {
            return $"{type} {Id(p.Name)}";
        }

        return p.Type switch
        {
            "Scalar" => $"Scalar? {Id(p.Name)} = null",
            "MemoryFormat" => $"MemoryFormat {Id(p.Name)} = MemoryFormat.Contiguous",
            _ when IsSpan(p.Type) => $"{type} {Id(p.Name)} = default",
            _ => $"{type} {Id(p.Name)} = {Constant(p)}",
        };
    }

    private static string Constant(SchemaParameter p) => p.Default switch
    {
        "None" => "null",
        "True" => "true",
        "False" => "false",
        var text when p.Type.StartsWith("ScalarType") => $"(ScalarType){text}",
        var text when p.Type.StartsWith("float") => double.Parse(text!, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture) + "d",
        var text => text!.Replace('\'', '"'),
    };

    private static string SpanDefault(SchemaParameter p)
    {
        var text = p.Default!;
        if (!text.StartsWith("["))
        {
            var open = p.Type.IndexOf('[');
            var size = p.Type.Substring(open + 1, p.Type.IndexOf(']') - open - 1);
            text = "[" + string.Join(", ", Enumerable.Repeat(text, size.Length == 0 ? 1 : int.Parse(size))) + "]";
        }

        return text.ToLowerInvariant();
    }

    private static string Pass(SchemaParameter p)
    {
        var id = Id(p.Name);
        if (PinnedElement(p.Type) is not null)
        {
            var list = $"DispatcherValue.List({p.Name}_pinned, {id}.Length)";
            return p.Type.EndsWith("?") ? $"{id}.IsEmpty ? default : {list}" : list;
        }

        return p.Type switch
        {
            "Layout?" => "default",
            _ when p.Name == "pin_memory" => "default",
            "Tensor[]" => $"DispatcherValue.TensorList({p.Name}_handles, {id}.Length)",
            "Tensor?[]" => $"DispatcherValue.OptionalTensorList({p.Name}_handles, {id}.Length)",
            "Scalar" when p.Default is { } text => $"DispatcherValue.Of({id} ?? {Constant(new SchemaParameter { Type = "Scalar", Default = text })})",
            _ => $"DispatcherValue.Of({id})",
        };
    }

    /// <summary>The parameter's name in C#: camel case, keywords escaped.</summary>
    private static string Id(string name)
    {
        var camel = Pascal(name);
        // "Q" and "p" stay apart from each other only by case in no schema, so lowering the first letter is safe.
        camel = char.ToLowerInvariant(camel[0]) + camel.Substring(1);
        return Keywords.Contains(camel) ? "@" + camel : camel;
    }

    private static string Pascal(string name)
    {
        var words = name.Split('_').Where(word => word.Length > 0).Select(word => char.ToUpperInvariant(word[0]) + word.Substring(1));
        return string.Concat(words) + (name.EndsWith("_") ? "_" : "");
    }
}
