"""The recipe of ``core.raster_plan`` for a graphics card, in GLSL 3.30: add up discs, then colour."""

POINTS_VERTEX = """#version 330 core
layout(location = 0) in vec2 place;
layout(location = 1) in vec4 ink;

uniform vec2 centre_high, centre_low;
uniform float pixels_per_unit;
uniform vec2 half_screen;
uniform float margin;
uniform float radius, halo;
uniform sampler2D palette;
uniform isampler2D cells;
uniform vec2 grid_corner, cell_size;
uniform int side, cap;

flat out vec3 color;
flat out vec2 at;
flat out float weight;
flat out int state;

void main() {
    // The view's centre comes in two parts, so that nearby places stay exact at any zoom.
    vec2 away = ((place - centre_high) - centre_low) * pixels_per_unit;
    // In quarters of a pixel, as the other painters have it.
    at = (floor((half_screen + away) * 4.0) + 0.5) / 4.0;
    gl_Position = vec4(away / (half_screen + margin), 0.0, 1.0);
    ivec4 bytes = ivec4(ink * 255.0 + 0.5);
    int code = bytes.x + 256 * bytes.y + 65536 * bytes.z;
    color = texelFetch(palette, ivec2(code & 1023, code >> 10), 0).rgb;
    state = bytes.w;
    gl_PointSize = 2.0 * ceil(state == 2 ? halo : radius) + 2.0;
    weight = 1.0;
    ivec2 cell = clamp(ivec2(floor((place - grid_corner) / cell_size)), 0, side - 1);
    // The cell's first point, and how many it has; below 0 where all are wanted.
    ivec2 held = texelFetch(cells, cell, 0).rg;
    if (held.y > cap) {
        int rank = gl_VertexID - held.x;
        weight = float(held.y) / float(cap);
        if (rank >= cap && rank < held.y)
            gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    }
}
"""

POINTS_FRAGMENT = """#version 330 core
uniform float radius, halo;
flat in vec3 color;
flat in vec2 at;
flat in float weight;
flat in int state;
layout(location = 0) out vec4 mixed;
layout(location = 1) out vec4 layered;

void main() {
    float away = distance(gl_FragCoord.xy, at);
    float covered = weight * clamp(radius + 0.5 - away, 0.0, 1.0);
    mixed = state == 0 ? vec4(0.0) : covered * vec4(color, 1.0);
    layered = vec4(state == 0 ? covered : 0.0,
                   state == 2 ? weight * clamp(halo + 0.5 - away, 0.0, 1.0) : 0.0, 0.0, 0.0);
}
"""

RESOLVE_VERTEX = """#version 330 core
void main() {
    vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""

RESOLVE_FRAGMENT = """#version 330 core
uniform sampler2D mixed, layered, support, below;
uniform int plain, height, screen_height, covered;
uniform vec2 node_at_corner, nodes_per_pixel;
uniform vec3 background, rise, tint_rise, faint, edge;
uniform vec3 hatch[40];
uniform int hatch_period, hatch_phase;
uniform float thin, faint_thin;
uniform vec3 ramp[64];
uniform float ramp_top;
out vec4 shown;

const float order[16] = float[](0., 8., 2., 10., 12., 4., 14., 6., 3., 11., 1., 9., 15., 7., 13., 5.);

// Support and tint.
vec2 support_at(vec2 node) {
    ivec2 nodes = textureSize(support, 0);
    vec2 low = floor(node), share = node - low;
    if (min(node.x, node.y) < 0.0 || node.x >= float(nodes.x - 1) || node.y >= float(nodes.y - 1))
        return vec2(0.0);
    ivec2 k = ivec2(low);
    vec2 left = mix(texelFetch(support, k, 0).rg, texelFetch(support, k + ivec2(0, 1), 0).rg, share.y);
    k.x += 1;
    vec2 right = mix(texelFetch(support, k, 0).rg, texelFetch(support, k + ivec2(0, 1), 0).rg, share.y);
    return mix(left, right, share.x);
}

void main() {
    int column = int(gl_FragCoord.x), row = screen_height - 1 - int(gl_FragCoord.y);
    ivec2 pixel = ivec2(column, height - 1 - row);
    vec2 node = node_at_corner + nodes_per_pixel * (vec2(column, row) + 0.5);
    vec2 level = support_at(node);
    vec3 ground = mix(hatch[(column + row + hatch_phase) % hatch_period], rise, level.r);
    ground += background + level.g * tint_rise;
    if (covered == 1) {
        vec4 over = texelFetch(below, ivec2(column, row), 0);
        ground = 255.0 * over.rgb + (1.0 - over.a) * ground;
    }
    if (plain == 0) {
        vec2 layers = texelFetch(layered, pixel, 0).rg;
        ground = mix(faint, ground, exp(faint_thin * log2(1.0 + layers.r)));
        ground = mix(edge, ground, 1.0 - min(layers.g, 1.0));
    }
    vec4 sum = texelFetch(mixed, pixel, 0);
    if (sum.a > 0.0 && ramp_top > 0.0) {
        float level = min(log(1.0 + sum.a) / log(1.0 + ramp_top), 1.0) * 63.0;
        int step = min(int(level), 62);
        ground = mix(mix(ramp[step], ramp[step + 1], level - float(step)), ground, 1.0 - min(sum.a, 1.0));
    } else if (sum.a > 0.0) {
        ground = mix(255.0 * sqrt(sum.rgb / sum.a), ground, exp(thin * log2(1.0 + sum.a)));
    }
    float lift = (order[(row & 3) * 4 + (column & 3)] + 0.5) / 16.0;
    shown = vec4(floor(ground + lift) / 255.0, 1.0);
}
"""
